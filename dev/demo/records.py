"""What the demo catalogue is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

AttributeValue = str | int | bool | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCurrency:
    code: str
    exponent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOption:
    """An axis along which the variants of a product differ."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBrand:
    slug: str
    name: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAttribute:
    code: str
    name: str
    kind: str
    choices: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProductType:
    code: str
    name: str
    attributes: tuple[DemoAttribute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCategory:
    """A department (`parent` is None, no products) or a shelf in one."""

    name: str
    slug: str
    summary: str
    parent: str | None
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoVariant:
    sku: str
    options: Mapping[str, str]
    barcode: str
    weight_grams: int
    tax_class: str
    prices: Mapping[str, Decimal]
    stock: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPicture:
    """How a product is drawn: silhouette, scent motif, material and the words on its label."""

    shape: str
    motif: str
    finish: str
    label: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProduct:
    """A product; `brand`, `category` and `product_type` name their records by slug or code."""

    code: str
    name: str
    slug: str
    summary: str
    description: str
    brand: str
    category: str
    product_type: str
    attributes: Mapping[str, AttributeValue]
    state: str
    position: int
    variants: tuple[DemoVariant, ...]
    picture: DemoPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMarket:
    code: str
    name: str
    currency: str
    tax_included: bool
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTaxRate:
    """A rate in per cent for goods of one tax class sent to one country, or to some of its postcodes."""

    country: str
    tax_class: str
    name: str
    percent: Decimal
    postcodes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoShippingZone:
    code: str
    name: str
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoShippingMethod:
    code: str
    name: str
    summary: str
    min_days: int
    max_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoShippingBand:
    up_to_grams: int
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoShippingRate:
    """What a method costs in a zone; `free_above` is a goods total, None where never free."""

    zone: str
    method: str
    currency: str
    bands: tuple[DemoShippingBand, ...]
    free_above: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCatalogue:
    currencies: tuple[DemoCurrency, ...]
    options: tuple[DemoOption, ...]
    brands: tuple[DemoBrand, ...]
    product_types: tuple[DemoProductType, ...]
    categories: tuple[DemoCategory, ...]
    products: tuple[DemoProduct, ...]
    markets: tuple[DemoMarket, ...]
    tax_rates: tuple[DemoTaxRate, ...]
    zones: tuple[DemoShippingZone, ...]
    shipping_methods: tuple[DemoShippingMethod, ...]
    shipping_rates: tuple[DemoShippingRate, ...]
