"""Fills an empty shop with the catalogue, its pictures and the demo's log-ins; what is there stays."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.text import slugify

from apps.accounts.models import ApiKey, Scope, User
from apps.accounts.services import register_customer
from apps.catalog.models import (
    Attribute,
    AttributeChoice,
    Brand,
    Category,
    Option,
    OptionValue,
    Product,
    ProductAttribute,
    ProductDocument,
    ProductImage,
    ProductType,
    Tag,
    Variant,
)
from apps.catalog.services import refresh_option_texts, set_attributes, set_options
from apps.catalog.types import DocumentKind, TaxClass
from apps.core.rules import digest_of, round_money
from apps.core.types import Money
from apps.inventory.models import StockPolicy, Warehouse
from apps.inventory.services import set_opening_stock
from apps.payments.services import open_credit_account
from apps.pricing.models import Market, Price, TaxRate
from apps.shipping import models as shipping
from apps.translations.errors import UnknownText
from apps.translations.rules import read_rows
from apps.translations.selectors import find_row
from examples.accounts import DEMO_ACCOUNTS, DEMO_API_KEY
from examples.catalogue import records
from examples.catalogue.records import FOLDER, Catalogue, MarketsFile, ShippingFile, ShopFile, read
from examples.catalogue.sheets import HAZARDS, draw_sheet

_PICTURES = FOLDER / "pictures"
# Fewer units than these all lie at home.
_SCARCE = 10


def main() -> None:
    """Load the catalogue in one transaction, then the pictures that are missing and the accounts."""
    catalogue = read()
    if not Product.objects.exists():
        load_catalogue(catalogue)
        print(f"{len(catalogue.products)} products on {len(catalogue.shelves)} shelves")
    if count := load_pictures():
        print(f"{count} pictures stored")
    if count := load_sheets():
        print(f"{count} safety data sheets drawn")
    if count := load_translations():
        print(f"{count} texts translated")
    load_accounts()


@transaction.atomic
def load_translations() -> int:
    """Say in all languages what the files say, in the shop's own format, where nothing is yet; returns how much."""
    if Category.objects.exclude(translations={}).exists():
        return 0
    said: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    rows = [
        row
        for path in sorted(FOLDER.glob("translations/*.csv"))
        for row in read_rows(path.read_bytes())
    ]
    for row in rows:
        texts = said.setdefault((row.kind, row.key), {}).setdefault(row.language, {})
        texts[row.field] = row.text
    for (kind, key), translations in said.items():
        with suppress(UnknownText):  # of a picture that is not there
            found = find_row(kind=kind, key=key)
            found.translations = translations
            found.save(update_fields=["translations"])
    for option in Option.objects.all():
        refresh_option_texts(option_id=option.pk)
    return len(rows)


def load_accounts() -> None:
    """The demo's log-ins, the shopper's credit account and the partner's key, made once."""
    for account in DEMO_ACCOUNTS:
        if User.objects.filter(email=account.email).exists():
            continue
        if account.is_staff:
            User.objects.create_superuser(account.email, account.password, name="Sam Staff")
        else:
            shopper = register_customer(
                email=account.email, password=account.password, name="Ada Shopper", language="en"
            )
            open_credit_account(
                customer_id=shopper.pk, limit=Money(100_000, "GBP"), net_days=30, actor_id=None
            )
    ApiKey.objects.get_or_create(
        name="Demo warehouse system",
        defaults={
            "digest": digest_of(text=DEMO_API_KEY),
            "scopes": [Scope.INVENTORY_WRITE.value],
        },
    )


@transaction.atomic
def load_catalogue(catalogue: Catalogue) -> None:
    """Everything but the pictures, all or nothing."""
    _load_markets(catalogue.sale)
    _load_shipping(catalogue.shipping)
    _load_frame(catalogue.shop)
    _load_categories(catalogue)
    types = {one.code: one.attributes for one in catalogue.shop.types}
    position = 0
    for shelf in catalogue.shelves.values():
        for product in shelf.products:
            _load_product(product, shelf=shelf, of_type=types[product.type], position=position)
            position += 1
    _load_stock(catalogue)


def load_pictures() -> int:
    """Store the picture of each category, and those of each product, that have none yet; returns how many."""
    count = 0
    for category in Category.objects.filter(picture=""):
        for file in _pictures("categories", category.slug):
            category.picture.save(file.name or "", file)
            count += 1
    for product in Product.objects.filter(images=None):
        files = _pictures("products", product.slug, f"{product.slug}-close-up")
        for position, file in enumerate(files):
            alt = f"{product.name}, close up" if position else product.name
            ProductImage.objects.create(product=product, image=file, alt=alt, position=position)
            count += 1
    return count


def load_sheets() -> int:
    """Draw a safety data sheet of each product that is not harmless and has none; returns how many."""
    harmful = list(
        ProductAttribute.objects.filter(
            attribute__code="hazard", choice__name__in=HAZARDS, product__documents=None
        ).values_list(
            "product", "product__slug", "product__name", "product__brand__name", "choice__name"
        )
    )
    for product, slug, name, brand, hazard in harmful:
        sheet = draw_sheet(name=name, brand=brand, hazard=hazard)
        ProductDocument.objects.create(
            product_id=product,
            kind=DocumentKind.SAFETY_DATA_SHEET.value,
            language="en",
            title=f"Safety data sheet: {name}",
            file=ContentFile(sheet, name=f"{slug}-safety.pdf"),
            size=len(sheet),
        )
    return len(harmful)


def _pictures(folder: str, *names: str) -> Iterator[ContentFile[bytes]]:
    for name in names:
        path = _PICTURES / folder / f"{name}.webp"
        if path.exists():
            yield ContentFile(path.read_bytes(), name=path.name)


def _load_markets(sale: MarketsFile) -> None:
    Market.objects.bulk_create(
        Market(
            code=market.code,
            name=market.name,
            currency=market.currency,
            tax_included=market.tax_included,
            countries=list(market.countries),
            default_country=market.default_country,
            languages=list(market.languages),
            position=position,
        )
        for position, market in enumerate(sale.markets)
    )
    TaxRate.objects.bulk_create(
        TaxRate(
            country=rates.country,
            postcodes=rates.postcodes,
            tax_class=tax_class,
            rate=percent / 100,
        )
        for rates in sale.tax
        for tax_class, percent in (
            (TaxClass.STANDARD, rates.standard),
            (TaxClass.REDUCED, rates.reduced),
        )
    )


def _load_shipping(file: ShippingFile) -> None:
    zones = {
        zone.code: shipping.Zone.objects.create(name=zone.name, countries=list(zone.countries))
        for zone in file.zones
    }
    described = {method.code: (index, method) for index, method in enumerate(file.methods)}
    for rate in file.rates:
        position, method = described[rate.method]
        least, most = method.days
        row, _ = shipping.Method.objects.get_or_create(
            zone=zones[rate.zone],
            code=method.code,
            defaults={
                "name": method.name,
                "promise": f"{least}–{most} working days",
                "position": position,
            },
        )
        shipping.Rate.objects.bulk_create(_rates(rate, method=row))


def _rates(rate: records.Rate, *, method: shipping.Method) -> list[shipping.Rate]:
    def row(grams: int, price: Decimal, **more: int) -> shipping.Rate:
        return shipping.Rate(
            method=method,
            currency=rate.currency,
            max_weight_grams=grams,
            price_minor=round_money(amount=price, currency=rate.currency).minor,
            **more,
        )

    rows = [row(grams, price) for grams, price in rate.bands]
    if rate.free_above is not None:
        free_from = round_money(amount=rate.free_above, currency=rate.currency).minor
        heaviest = max(grams for grams, _ in rate.bands)
        rows.append(row(heaviest, Decimal(0), min_amount_minor=free_from))
    return rows


def _load_frame(shop: ShopFile) -> None:
    for position, option in enumerate(shop.options):
        made = Option.objects.create(code=option.code, name=option.name, position=position)
        OptionValue.objects.bulk_create(
            OptionValue(option=made, code=code_of(name), name=name, position=number)
            for number, name in enumerate(option.values)
        )
    Tag.objects.bulk_create(Tag(code=one.code, name=one.name) for one in shop.tags)
    for brand in shop.brands:
        Brand.objects.create(name=brand.name, slug=brand.slug)
    for product_type in shop.types:
        row = ProductType.objects.create(code=product_type.code, name=product_type.name)
        for position, attribute in enumerate(product_type.attributes):
            _load_attribute(attribute, product_type=row, position=position)


def _load_attribute(
    attribute: records.Attribute, *, product_type: ProductType, position: int
) -> None:
    row = Attribute.objects.create(
        product_type=product_type,
        code=attribute.code,
        name=attribute.name,
        kind=attribute.kind,
        unit=attribute.unit,
        is_facet=attribute.facet,
        position=position,
    )
    AttributeChoice.objects.bulk_create(
        AttributeChoice(attribute=row, code=code_of(name), name=name, position=number)
        for number, name in enumerate(attribute.choices)
    )


def _load_categories(catalogue: Catalogue) -> None:
    def fields(one: records.Department | records.Category) -> dict[str, str]:
        return {"name": one.name, "slug": one.slug, "summary": one.summary}

    for department in catalogue.shop.departments:
        Category.objects.add_root(fields(department))
        for slug in department.categories:
            parent = Category.objects.get(slug=department.slug)
            Category.objects.add_child(parent, fields(catalogue.shelves[slug].category))


def _load_product(
    product: records.Product,
    *,
    shelf: records.Shelf,
    of_type: Sequence[records.Attribute],
    position: int,
) -> None:
    row = Product.objects.create(
        name=product.name,
        slug=product.slug,
        summary=product.summary,
        description=product.paragraphs(),
        brand=Brand.objects.get(slug=product.brand),
        category=Category.objects.get(slug=shelf.category.slug),
        product_type=ProductType.objects.get(code=product.type),
        state=product.state,
        position=position,
    )
    Variant.objects.bulk_create(
        Variant(
            product=row,
            sku=variant.sku,
            gtin=variant.gtin,
            pack_amount=variant.pack.amount,
            pack_unit=variant.pack.unit.value,
            pack_pieces=variant.pack.pieces,
            weight_grams=variant.grams,
            tax_class=product.tax_class,
            position=number,
        )
        for number, variant in enumerate(product.variants)
    )
    row.tags.set(Tag.objects.filter(code__in=product.tags))
    _load_options(product, row=row)
    choices = {one.code for one in of_type if one.choices}
    set_attributes(
        product_id=row.pk,
        values={
            code: code_of(value) if code in choices else value
            for code, value in product.attributes.items()
        },
    )
    Price.objects.bulk_create(
        Price(variant_id=variant.sku, currency=currency, amount=amount)
        for variant in product.variants
        for currency, amount in variant.prices.items()
    )


def _load_options(product: records.Product, *, row: Product) -> None:
    options = {one.code: one.pk for one in Option.objects.all()}
    values = {(one.option_id, one.name): one.pk for one in OptionValue.objects.all()}
    ids = dict(row.variants.values_list("sku", "pk"))
    set_options(
        product_id=row.pk,
        option_ids=[options[code] for code in product.variants[0].options],
        chosen={
            ids[variant.sku]: {
                options[code]: values[options[code], name] for code, name in variant.options.items()
            }
            for variant in product.variants
        },
    )


def code_of(name: str) -> str:
    """What stands for a value's name in addresses: `1.5 l` is not `15 l`."""
    return slugify(name.replace(".", "-"))


def _load_stock(catalogue: Catalogue) -> None:
    """Open the houses, fill them, and say which variants may be back-ordered or run low."""
    # The house that every database is born with; here others take its place.
    Warehouse.objects.filter(code="main", levels=None).delete()
    houses = catalogue.shop.warehouses
    units = {one.sku: spread(one.stock, houses=houses) for one in catalogue.variants}
    for priority, house in enumerate(houses, start=1):
        Warehouse.objects.create(
            code=house.code, name=house.name, country=house.country, priority=priority
        )
        kept = {sku: shares[house.code] for sku, shares in units.items() if house.code in shares}
        set_opening_stock(quantities=kept, reference="demo", warehouse=house.code)
    StockPolicy.objects.bulk_create(
        StockPolicy(
            variant=Variant.objects.get(sku=one.sku),
            backorder_limit=one.backorder_limit,
            low_stock_at=one.low_stock_at,
        )
        for one in catalogue.variants
        if (one.backorder_limit, one.low_stock_at) != (None, None)
    )


def spread(units: int, *, houses: Sequence[records.Warehouse]) -> dict[str, int]:
    """How many units lie in which house; what is scarce, and what does not divide, lies in the first."""
    home, *others = houses
    away = {one.code: units * one.percent // 100 for one in others if units >= _SCARCE}
    return {home.code: units - sum(away.values()), **away}
