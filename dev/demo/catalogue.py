"""Reads the demo catalogue from its TOML files, without Django."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from dev.demo.records import (
    AttributeValue,
    DemoAttribute,
    DemoBrand,
    DemoCatalogue,
    DemoCategory,
    DemoCurrency,
    DemoMarket,
    DemoOption,
    DemoPicture,
    DemoProduct,
    DemoProductType,
    DemoShippingBand,
    DemoShippingMethod,
    DemoShippingRate,
    DemoShippingZone,
    DemoTaxRate,
    DemoVariant,
)

FOLDER = Path(__file__).with_name("catalogue")
SKU = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
STATES = ("draft", "published", "archived")
TAX_CLASSES = ("standard", "reduced")
KINDS: Mapping[str, type] = {
    "text": str,
    "choice": str,
    "integer": int,
    "decimal": Decimal,
    "boolean": bool,
}

Record = TypeVar("Record")
Table = dict[str, Any]


class CatalogueError(ValueError):
    """Says in which entry of the demo catalogue something is wrong, and what."""


def load(folder: Path = FOLDER) -> DemoCatalogue:
    """The whole catalogue in `folder`, checked for what a file alone can get wrong."""
    shop, markets = read(folder / "shop.toml"), read(folder / "markets.toml")
    shipping = read(folder / "shipping.toml")
    currencies = tuple(each(markets, "currency", lambda row: DemoCurrency(**row)))
    types = tuple(each(shop, "type", parse_type))
    shelves = [read(path) for path in sorted(folder.glob("[0-9]*.toml"))]
    catalogue = DemoCatalogue(
        currencies=currencies,
        options=tuple(each(shop, "option", lambda row: DemoOption(**row))),
        brands=tuple(each(shop, "brand", lambda row: DemoBrand(**row))),
        product_types=types,
        categories=tuple(parse_categories(shop=shop, shelves=shelves)),
        products=tuple(parse_products(shelves=shelves, types=types, currencies=currencies)),
        markets=tuple(each(markets, "market", parse_market)),
        tax_rates=tuple(parse_tax_rates(markets)),
        zones=tuple(each(shipping, "zone", parse_zone)),
        shipping_methods=tuple(each(shipping, "method", parse_method)),
        shipping_rates=tuple(each(shipping, "rate", parse_rate)),
    )
    check_references(catalogue)
    return catalogue


def read(path: Path) -> Table:
    """The tables of one file; a number with a point in it is read as an exact decimal."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path.name}: {error}") from error


def each(table: Table, key: str, parse: Callable[[Table], Record]) -> Iterator[Record]:
    """Every row of `key`, parsed; an error names the row."""
    for number, row in enumerate(table.get(key, ()), start=1):
        label = row.get("code") or row.get("slug") or row.get("sku") or number
        try:
            yield parse(row)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else error
            raise CatalogueError(f"{key} {label}: {reason}") from error


def parse_type(row: Table) -> DemoProductType:
    attributes = tuple(each(row, "attributes", parse_attribute))
    return DemoProductType(code=row["code"], name=row["name"], attributes=attributes)


def parse_attribute(row: Table) -> DemoAttribute:
    if row["kind"] not in KINDS:
        raise CatalogueError(f"no such kind of attribute: {row['kind']}")
    return DemoAttribute(
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        choices=tuple(row.get("choices", ())),
        unit=row.get("unit", ""),
    )


def parse_categories(*, shop: Table, shelves: list[Table]) -> Iterator[DemoCategory]:
    """Departments and their shelves, parents before children."""
    rows = {shelf["category"]["slug"]: shelf["category"] for shelf in shelves}
    for number, department in enumerate(shop["department"]):
        yield DemoCategory(
            name=department["name"],
            slug=department["slug"],
            summary=department["summary"],
            parent=None,
            position=number,
        )
        for position, slug in enumerate(department["categories"]):
            if slug not in rows:
                raise CatalogueError(f"department {department['slug']}: no file for {slug}")
            row = rows[slug]
            yield DemoCategory(
                name=row["name"],
                slug=slug,
                summary=row["summary"],
                parent=department["slug"],
                position=position,
            )


def parse_products(
    *,
    shelves: list[Table],
    types: tuple[DemoProductType, ...],
    currencies: tuple[DemoCurrency, ...],
) -> Iterator[DemoProduct]:
    """The products of all shelves, in the order in which they are written."""
    types_by_code = {product_type.code: product_type for product_type in types}
    for shelf in shelves:
        parse = partial(
            parse_product,
            category=shelf["category"]["slug"],
            types=types_by_code,
            currencies=currencies,
        )
        rows = [{**row, "position": number} for number, row in enumerate(shelf["product"])]
        yield from each({"product": rows}, "product", parse)


def parse_product(
    row: Table,
    *,
    category: str,
    types: Mapping[str, DemoProductType],
    currencies: tuple[DemoCurrency, ...],
) -> DemoProduct:
    if row["type"] not in types:
        raise CatalogueError(f"no such product type: {row['type']}")
    tax_class, state = row.get("tax_class", "standard"), row.get("state", "published")
    if tax_class not in TAX_CLASSES:
        raise CatalogueError(f"no such tax class: {tax_class}")
    if state not in STATES:
        raise CatalogueError(f"no such state: {state}")
    rows = [{**variant, "position": number} for number, variant in enumerate(row["variants"])]
    return DemoProduct(
        code=row["code"],
        name=row["name"],
        slug=row["slug"],
        summary=row["summary"],
        description=parse_text(row["description"]),
        brand=row["brand"],
        category=category,
        product_type=row["type"],
        attributes=parse_attributes(row["attributes"], product_type=types[row["type"]]),
        state=state,
        position=row["position"],
        variants=tuple(
            each(
                {"variant": rows},
                "variant",
                lambda variant: parse_variant(variant, tax_class=tax_class, currencies=currencies),
            )
        ),
        picture=DemoPicture(**{**row["picture"], "label": tuple(row["picture"]["label"])}),
    )


def parse_text(text: str) -> str:
    """Paragraphs with an empty line between them, each on one line."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def parse_attributes(
    values: Table, *, product_type: DemoProductType
) -> Mapping[str, AttributeValue]:
    """The values in the order of the type's attributes; none missing, none over, all well typed."""
    declared = {attribute.code: attribute for attribute in product_type.attributes}
    if values.keys() != declared.keys():
        wrong = ", ".join(sorted(values.keys() ^ declared.keys()))
        raise CatalogueError(f"attributes missing or unknown: {wrong}")
    for code, attribute in declared.items():
        if type(values[code]) is not KINDS[attribute.kind]:
            raise CatalogueError(f"{code} is not of kind {attribute.kind}: {values[code]!r}")
        if attribute.kind == "choice" and values[code] not in attribute.choices:
            raise CatalogueError(f"{code} is none of the choices: {values[code]!r}")
    return {code: values[code] for code in declared}


def parse_variant(
    row: Table, *, tax_class: str, currencies: tuple[DemoCurrency, ...]
) -> DemoVariant:
    if not SKU.fullmatch(row["sku"]) or len(row["sku"]) > 32:
        raise CatalogueError("a SKU is at most 32 capitals, digits and single hyphens")
    if not is_gtin13(row["barcode"]):
        raise CatalogueError(f"not a GTIN-13: {row['barcode']}")
    return DemoVariant(
        sku=row["sku"],
        options=dict(row["options"]),
        barcode=row["barcode"],
        weight_grams=row["grams"],
        tax_class=tax_class,
        prices={
            currency.code: parse_amount(row[currency.code], exponent=currency.exponent)
            for currency in currencies
        },
        stock=row["stock"],
        position=row["position"],
    )


def parse_amount(text: str, *, exponent: int = 2) -> Decimal:
    """An exact amount of money, written with as many places as its currency has."""
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise CatalogueError(f"not an amount: {text!r}") from error
    if amount.as_tuple().exponent != -exponent or amount < 0:
        raise CatalogueError(f"not an amount with {exponent} places: {text!r}")
    return amount


def is_gtin13(code: str) -> bool:
    """Whether `code` is thirteen digits whose last checks the others."""
    if not re.fullmatch(r"[0-9]{13}", code):
        return False
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(code))
    return total % 10 == 0


def parse_market(row: Table) -> DemoMarket:
    return DemoMarket(**{**row, "countries": tuple(row["countries"])})


def parse_tax_rates(table: Table) -> Iterator[DemoTaxRate]:
    """One rate for each country, or part of one, and tax class."""
    countries = [{"country": country, **row} for country, row in table["tax"].items()]
    for row in (*countries, *table["tax_part"]):
        for tax_class in TAX_CLASSES:
            yield DemoTaxRate(
                country=row["country"],
                tax_class=tax_class,
                name=row["name"],
                percent=Decimal(row[tax_class]),
                postcodes=row.get("postcodes", ""),
            )


def parse_zone(row: Table) -> DemoShippingZone:
    return DemoShippingZone(**{**row, "countries": tuple(row["countries"])})


def parse_method(row: Table) -> DemoShippingMethod:
    first, last = row["days"]
    return DemoShippingMethod(
        code=row["code"], name=row["name"], summary=row["summary"], min_days=first, max_days=last
    )


def parse_rate(row: Table) -> DemoShippingRate:
    return DemoShippingRate(
        zone=row["zone"],
        method=row["method"],
        currency=row["currency"],
        bands=tuple(
            DemoShippingBand(up_to_grams=grams, price=parse_amount(price))
            for grams, price in row["bands"]
        ),
        free_above=parse_amount(row["free_above"]) if "free_above" in row else None,
    )


def check_references(catalogue: DemoCatalogue) -> None:
    """Raises when a record names another that is not there."""
    brands = {brand.slug for brand in catalogue.brands}
    options = {option.code for option in catalogue.options}
    shelves = {category.slug for category in catalogue.categories if category.parent}
    currencies = {currency.code for currency in catalogue.currencies}
    zones = {zone.code for zone in catalogue.zones}
    methods = {method.code for method in catalogue.shipping_methods}
    for product in catalogue.products:
        used = {code for variant in product.variants for code in variant.options}
        if product.brand not in brands or product.category not in shelves or used - options:
            raise CatalogueError(f"product {product.code}: unknown brand, category or option")
    for rate in catalogue.shipping_rates:
        if rate.zone not in zones or rate.method not in methods or rate.currency not in currencies:
            raise CatalogueError(
                f"rate {rate.zone} {rate.method}: unknown zone, method or currency"
            )
