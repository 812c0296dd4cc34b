"""What the catalogue's TOML files hold, each record checked for what a file alone can get wrong."""

import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, field

from apps.catalog.errors import InvalidGtin
from apps.catalog.rules import check_gtin
from apps.catalog.types import Pack, TaxClass
from apps.core.types import exponent_of

FOLDER = Path(__file__).parent
Sku = Annotated[str, Meta(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=32)]
_KINDS: dict[str, type] = {
    "text": str,
    "choice": str,
    "integer": int,
    "decimal": Decimal,
    "boolean": bool,
}
_Record = TypeVar("_Record")


class CatalogueError(ValueError):
    """Says in which file and record of the catalogue something is wrong, and what."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a TOML file, or a row of one; what is not declared is refused."""


class Warehouse(Record, frozen=True):
    """A house; `percent` of the stock of goods that are not scarce lies there."""

    code: str
    name: str
    country: str
    percent: int


class Option(Record, frozen=True):
    """Along what variants may differ, with its values in the order in which they are offered."""

    code: str
    name: str
    values: tuple[str, ...]


class Brand(Record, frozen=True):
    slug: str
    name: str


class Tag(Record, frozen=True):
    code: str
    name: str


class Attribute(Record, frozen=True):
    """What is told of the products of a type; a choice has `choices`, a number may have a `unit`.

    Shoppers may filter by it where it is a `facet`.
    """

    code: str
    name: str
    kind: Literal["text", "choice", "integer", "decimal", "boolean"]
    choices: tuple[str, ...] = ()
    unit: str = ""
    facet: bool = False

    def complaint_about(self, value: object) -> str:
        """What is wrong with a product's value; empty where nothing is."""
        if type(value) is not _KINDS[self.kind]:
            return f"{self.code} is not of kind {self.kind}: {value!r}"
        if self.choices and value not in self.choices:
            return f"{self.code} is none of the choices: {value!r}"
        return ""


class ProductType(Record, frozen=True):
    code: str
    name: str
    attributes: tuple[Attribute, ...]


class Department(Record, frozen=True):
    """A category that holds others and no products; `categories` are the slugs of those."""

    slug: str
    name: str
    summary: str
    categories: tuple[str, ...]


class Category(Record, frozen=True):
    slug: str
    name: str
    summary: str


class Variant(Record, frozen=True):
    """What is bought. `grams` with its packing; prices in major units, by currency; `stock` in units."""

    sku: Sku
    options: dict[str, str]
    gtin: str
    pack: Pack
    grams: int
    prices: dict[str, Decimal]
    stock: int
    backorder_limit: int | None = None
    low_stock_at: int | None = None

    def __post_init__(self) -> None:
        try:
            check_gtin(self.gtin)
        except InvalidGtin as refusal:
            raise ValueError(f"{refusal.details['errors']['gtin']} {self.gtin}") from refusal
        for currency, price in self.prices.items():
            check_amount(price, currency=currency)


class Product(Record, frozen=True):
    """`brand` and `type` name their records by slug or code; the description is paragraphs."""

    code: str
    name: str
    slug: str
    brand: str
    type: str
    summary: str
    description: str
    attributes: dict[str, Any]
    variants: tuple[Variant, ...]
    tags: tuple[str, ...] = ()
    tax_class: TaxClass = TaxClass.STANDARD
    state: Literal["draft", "published", "archived"] = "published"

    def paragraphs(self) -> str:
        """The description with each paragraph on one line, and an empty line between two."""
        parts = self.description.strip().split("\n\n")
        return "\n\n".join(" ".join(part.split()) for part in parts)


class Shelf(Record, frozen=True):
    """One file of products: a category and what stands in it."""

    category: Category
    products: tuple[Product, ...] = field(name="product")


class Market(Record, frozen=True):
    code: str
    name: str
    currency: str
    tax_included: bool
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    default_country: str = ""


class TaxRates(Record, frozen=True):
    """Per cent for each tax class, in a country or in some of its postcodes."""

    country: str
    standard: Decimal
    reduced: Decimal
    postcodes: str = ""


class Zone(Record, frozen=True):
    code: str
    name: str
    countries: tuple[str, ...]


class Method(Record, frozen=True):
    """A way of sending; `days` are the fewest and the most working days."""

    code: str
    name: str
    days: tuple[int, int]


class Rate(Record, frozen=True):
    """What a method costs in a zone: up to so many grams, this price; free from a total of goods on."""

    zone: str
    method: str
    currency: str
    bands: tuple[tuple[int, Decimal], ...]
    free_above: Decimal | None = None

    def __post_init__(self) -> None:
        for amount in (*(price for _, price in self.bands), self.free_above):
            if amount is not None:
                check_amount(amount, currency=self.currency)


class ShopFile(Record, frozen=True):
    options: tuple[Option, ...] = field(name="option")
    warehouses: tuple[Warehouse, ...] = field(name="warehouse")
    brands: tuple[Brand, ...] = field(name="brand")
    tags: tuple[Tag, ...] = field(name="tag")
    departments: tuple[Department, ...] = field(name="department")
    types: tuple[ProductType, ...] = field(name="type")


class MarketsFile(Record, frozen=True):
    markets: tuple[Market, ...] = field(name="market")
    tax: tuple[TaxRates, ...]


class ShippingFile(Record, frozen=True):
    zones: tuple[Zone, ...] = field(name="zone")
    methods: tuple[Method, ...] = field(name="method")
    rates: tuple[Rate, ...] = field(name="rate")


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the files say; shelves by the slug of their category, in the order of the files."""

    shop: ShopFile
    sale: MarketsFile
    shipping: ShippingFile
    shelves: dict[str, Shelf]

    @property
    def products(self) -> list[Product]:
        """All products, shelf by shelf."""
        return [product for shelf in self.shelves.values() for product in shelf.products]

    @property
    def variants(self) -> list[Variant]:
        """All variants, product by product."""
        return [variant for product in self.products for variant in product.variants]


def read(folder: Path = FOLDER) -> Catalogue:
    """The whole catalogue in `folder`. Raises CatalogueError, which names the file and the record."""
    shelves = [_read(path, Shelf) for path in sorted(folder.glob("[0-9]*.toml"))]
    catalogue = Catalogue(
        shop=_read(folder / "shop.toml", ShopFile),
        sale=_read(folder / "markets.toml", MarketsFile),
        shipping=_read(folder / "shipping.toml", ShippingFile),
        shelves={shelf.category.slug: shelf for shelf in shelves},
    )
    if complaint := next(chain(_unknown_names(catalogue), _unfit_products(catalogue)), ""):
        raise CatalogueError(complaint)
    return catalogue


def _read(path: Path, kind: type[_Record]) -> _Record:
    """A file's tables; a number with a point in it is an exact decimal."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path.name}: {error}") from error
    try:
        return msgspec.convert(tables, kind)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$")
        raise CatalogueError(f"{path.name}: {_named(place, tables)}{reason}") from error


def _named(place: str, value: Any) -> str:
    """The way to a place such as `.product[0].variants[1].stock`, its records by code, slug or SKU."""
    way: list[str] = []
    for key, number in re.findall(r"\.(\w+)|\[(\d+)]", place):
        if key:
            value = value[key]
            way.append(key)
        else:
            value = value[int(number)]
            names = value if isinstance(value, dict) else {}
            label = names.get("code") or names.get("slug") or names.get("sku") or number
            way[-1] += f" {label}"
    return "".join(f"{step}: " for step in way)


def _unknown_names(catalogue: Catalogue) -> Iterator[str]:
    """The records that name another that is not there."""
    shop, shipping = catalogue.shop, catalogue.shipping
    for department in shop.departments:
        for slug in set(department.categories) - catalogue.shelves.keys():
            yield f"department {department.slug}: no file for {slug}"
    values = {(option.code, value) for option in shop.options for value in option.values}
    tags = {one.code for one in shop.tags}
    brands, types = {one.slug for one in shop.brands}, {one.code for one in shop.types}
    for product in catalogue.products:
        chosen = {pair for variant in product.variants for pair in variant.options.items()}
        if product.brand not in brands or product.type not in types or chosen - values:
            yield f"product {product.code}: unknown brand, type, option or value"
        if unknown := {*product.tags} - tags:
            yield f"product {product.code}: unknown tags: {', '.join(sorted(unknown))}"
    zones, methods = {one.code for one in shipping.zones}, {one.code for one in shipping.methods}
    for rate in shipping.rates:
        if rate.zone not in zones or rate.method not in methods:
            yield f"rate {rate.zone} {rate.method}: unknown zone or method"


def _unfit_products(catalogue: Catalogue) -> Iterator[str]:
    """The attributes that do not fit the product's type, and the variants without all prices."""
    types = {one.code: one.attributes for one in catalogue.shop.types}
    currencies = {market.currency for market in catalogue.sale.markets}
    for product in catalogue.products:
        declared = {one.code: one for one in types[product.type]}
        if wrong := product.attributes.keys() ^ declared.keys():
            names = ", ".join(sorted(wrong))
            yield f"product {product.code}: attributes missing or unknown: {names}"
        for code, value in product.attributes.items():
            if complaint := declared[code].complaint_about(value):
                yield f"product {product.code}: {complaint}"
        for variant in product.variants:
            if wrong := variant.prices.keys() ^ currencies:
                yield f"variant {variant.sku}: prices missing or unknown: {', '.join(sorted(wrong))}"


def check_amount(amount: Decimal, *, currency: str) -> None:
    """Raises ValueError unless an amount in major units has as many places as the currency."""
    places = exponent_of(currency)
    if amount.as_tuple().exponent != -places or amount < 0:
        raise ValueError(f"not an amount with {places} places: {amount}")
