"""Fill an empty shop with the demo catalogue: `python -m dev.demo.load`. A filled one is left alone."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import django
from django.core.files.base import ContentFile
from django.db import transaction

from dev.demo.catalogue import load
from dev.demo.pictures import DemoFile, render_all
from dev.demo.records import DemoCatalogue, DemoProduct, DemoShippingRate
from dev.demo.stock import load_stock
from dev.demo_accounts import DEMO_ACCOUNTS, DEMO_API_KEY

if TYPE_CHECKING:
    from apps.shipping.models import Method, Rate


def main() -> None:
    """Load accounts and catalogue in one transaction, then draw and store the pictures."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecommerce.settings.local")
    django.setup()
    from apps.catalog.models import Product, ProductImage  # noqa: PLC0415

    catalogue = load()
    if not Product.objects.exists():
        with transaction.atomic():
            load_catalogue(catalogue)
        print(f"{len(catalogue.products)} products in {len(catalogue.categories)} categories")
    if not ProductImage.objects.exists():
        store_pictures(render_all(catalogue, workers=os.cpu_count() or 2))
    load_accounts()


def load_accounts() -> None:
    """The demo's log-ins, the shopper's credit account and the partner's key, made once."""
    from apps.accounts.models import ApiKey, Scope, User  # noqa: PLC0415
    from apps.accounts.services import register_customer  # noqa: PLC0415
    from apps.core.rules import digest_of  # noqa: PLC0415
    from apps.core.types import Money  # noqa: PLC0415
    from apps.payments.services import open_credit_account  # noqa: PLC0415

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


def load_catalogue(catalogue: DemoCatalogue) -> None:
    """Everything but the pictures; the caller's transaction makes it all or nothing."""
    _load_markets(catalogue)
    _load_shipping(catalogue)
    _load_shelves(catalogue)
    _load_products(catalogue)
    load_stock(catalogue)


def store_pictures(files: Iterable[DemoFile]) -> None:
    """Put each picture into the media storage and hang it where it belongs."""
    from apps.catalog.models import Category, Product, ProductImage  # noqa: PLC0415

    products = dict(Product.objects.values_list("slug", "pk"))
    for count, file in enumerate(files, start=1):
        content = ContentFile(file.content, name=f"{file.slug}.webp")
        if file.kind == "category":
            Category.objects.get(slug=file.slug).picture.save(f"{file.slug}.webp", content)
        elif file.slug in products:
            ProductImage.objects.create(
                product_id=products[file.slug],
                image=content,
                alt=file.alt,
                position=0 if file.kind == "product" else 1,
            )
        if count % 50 == 0:
            print(f"{count} pictures drawn and stored")


def _load_markets(catalogue: DemoCatalogue) -> None:
    from apps.pricing.models import Market, TaxRate  # noqa: PLC0415

    Market.objects.bulk_create(
        Market(
            code=market.code,
            name=market.name,
            currency=market.currency,
            tax_included=market.tax_included,
            countries=list(market.countries),
            position=position,
        )
        for position, market in enumerate(catalogue.markets)
    )
    TaxRate.objects.bulk_create(
        TaxRate(
            country=rate.country,
            postcodes=rate.postcodes,
            tax_class=rate.tax_class,
            rate=rate.percent / 100,
        )
        for rate in catalogue.tax_rates
    )


def _load_shipping(catalogue: DemoCatalogue) -> None:
    from apps.shipping.models import Method, Rate, Zone  # noqa: PLC0415

    zones = {
        zone.code: Zone.objects.create(name=zone.name, countries=list(zone.countries))
        for zone in catalogue.zones
    }
    described = {
        method.code: (index, method) for index, method in enumerate(catalogue.shipping_methods)
    }
    methods: dict[tuple[str, str], Method] = {}
    for rate in catalogue.shipping_rates:
        position, method = described[rate.method]
        key = (rate.zone, rate.method)
        if key not in methods:
            methods[key] = Method.objects.create(
                zone=zones[rate.zone],
                code=method.code,
                name=method.name,
                promise=f"{method.min_days}–{method.max_days} working days",
                position=position,
            )
        Rate.objects.bulk_create(_rates(rate, method=methods[key]))


def _rates(rate: DemoShippingRate, *, method: "Method") -> list["Rate"]:
    from apps.core.rules import round_money  # noqa: PLC0415
    from apps.shipping.models import Rate  # noqa: PLC0415

    rows = [
        Rate(
            method=method,
            currency=rate.currency,
            max_weight_grams=band.up_to_grams,
            price_minor=round_money(amount=band.price, currency=rate.currency).minor,
        )
        for band in rate.bands
    ]
    if rate.free_above is not None:
        free_from = round_money(amount=rate.free_above, currency=rate.currency).minor
        heaviest = max(band.up_to_grams for band in rate.bands)
        rows.append(
            Rate(
                method=method,
                currency=rate.currency,
                max_weight_grams=heaviest,
                min_amount_minor=free_from,
                price_minor=0,
            )
        )
    return rows


def _load_shelves(catalogue: DemoCatalogue) -> None:
    from apps.catalog.models import Attribute, Brand, Category, ProductType  # noqa: PLC0415

    for brand in catalogue.brands:
        Brand.objects.create(name=brand.name, slug=brand.slug)
    for product_type in catalogue.product_types:
        row = ProductType.objects.create(code=product_type.code, name=product_type.name)
        Attribute.objects.bulk_create(
            Attribute(
                product_type=row,
                code=attribute.code,
                name=attribute.name,
                kind=attribute.kind,
                choices=list(attribute.choices),
                unit=attribute.unit,
                position=position,
            )
            for position, attribute in enumerate(product_type.attributes)
        )
    tree = Category.objects
    for category in sorted(catalogue.categories, key=lambda one: (one.parent or "", one.position)):
        fields = {"name": category.name, "slug": category.slug, "summary": category.summary}
        if category.parent is None:
            tree.add_root(fields)
        else:
            tree.add_child(Category.objects.get(slug=category.parent), fields)


def _load_products(catalogue: DemoCatalogue) -> None:
    from apps.catalog.models import Brand, Category, ProductType  # noqa: PLC0415

    brands = dict(Brand.objects.values_list("slug", "pk"))
    types = dict(ProductType.objects.values_list("code", "pk"))
    shelves = dict(Category.objects.values_list("slug", "pk"))
    for position, product in enumerate(catalogue.products):
        _load_product(product, position=position, brands=brands, types=types, shelves=shelves)


def _load_product(
    product: DemoProduct,
    *,
    position: int,
    brands: Mapping[str, int],
    types: Mapping[str, int],
    shelves: Mapping[str, int],
) -> None:
    from apps.catalog.models import Product, Variant  # noqa: PLC0415
    from apps.pricing.models import Price  # noqa: PLC0415

    row = Product.objects.create(
        name=product.name,
        slug=product.slug,
        summary=product.summary,
        description=product.description,
        brand_id=brands[product.brand],
        category_id=shelves[product.category],
        product_type_id=types[product.product_type],
        attributes={code: _plain(value) for code, value in product.attributes.items()},
        state=product.state,
        position=position,
    )
    Variant.objects.bulk_create(
        Variant(
            product=row,
            sku=variant.sku,
            options=dict(variant.options),
            barcode=variant.barcode,
            weight_grams=variant.weight_grams,
            tax_class=variant.tax_class,
            position=variant.position,
        )
        for variant in product.variants
    )
    Price.objects.bulk_create(
        Price(variant_id=variant.sku, currency=currency, amount=amount)
        for variant in product.variants
        for currency, amount in variant.prices.items()
    )


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | bool) else str(value)


if __name__ == "__main__":
    main()
