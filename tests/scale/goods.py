"""What is sold, where it lies and who buys: a shelf of its own for each run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.accounts.events import CustomerRegistered
from apps.accounts.models import User
from apps.catalog.models import Category, Option, OptionValue, Product, ProductType, Variant
from apps.core.types import Address, Money
from apps.inventory.models import Warehouse
from apps.inventory.services.levels import house_of
from apps.pricing.models import Market, TaxRate
from apps.pricing.selectors import list_markets, tax_rates
from apps.shipping.models import Method, Rate, Zone
from tests.scale.copying import serial_ids
from tests.scale.news import News
from tests.scale.tables import Tables

PREFIX = "SCALE"
TAX_CLASS = "standard"
METHOD = "standard"
METHOD_NAME = "Standard"
POSTAGE_MINOR = 395
OPENING_UNITS = 500
_SIZES = ("500 ml", "1 l", "5 l")
_NAMES = ("Pine", "Lemon", "Lavender", "Salt", "Cedar", "Rose", "Plain", "Mint", "Birch", "Sage")
_THINGS = (
    "floor soap",
    "dish soap",
    "hand wash",
    "window spray",
    "laundry liquid",
    "limescale gel",
)
_PEOPLE = ("Ada Byron", "Grace Hopper", "Mary Somerville", "Emmy Noether", "Alan Turing")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a run sells and from which house; `tax_rate` is a fraction."""

    market: Market
    country: str
    tax_rate: Decimal
    house: Warehouse


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A variant on sale; `price` in major units of the market's currency."""

    sku: str
    title: str
    options: str
    price: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Buyer:
    """Who orders; a guest has no id."""

    id: int | None
    email: str
    address: Address


def find_place() -> Place:
    """The shop's first market and house, made where there is none. Raises UnknownWarehouse."""
    market = list_markets().first() or _open_market()
    country = market.countries[0]
    rate = tax_rates(country=country, tax_classes=[TAX_CLASS])[TAX_CLASS]
    return Place(market=market, country=country, tax_rate=rate, house=house_of(""))


def _open_market() -> Market:
    market = Market.objects.create(
        code="gb", name="United Kingdom", currency="GBP", countries=["GB"]
    )
    TaxRate.objects.get_or_create(
        country="GB", tax_class=TAX_CLASS, defaults={"rate": Decimal("0.2")}
    )
    zone = Zone.objects.create(name="United Kingdom", countries=["GB"])
    method = Method.objects.create(zone=zone, code=METHOD, name=METHOD_NAME)
    Rate.objects.create(
        method=method, currency="GBP", max_weight_grams=1_000_000, price_minor=POSTAGE_MINOR
    )
    return market


def shelve(
    count: int, *, run: int, place: Place, tables: Tables, since: datetime
) -> Sequence[Item]:
    """Keep rows of so many published products, one to three variants each, priced and in stock."""
    kind, _ = ProductType.objects.get_or_create(code="scale", defaults={"name": "Scale"})
    shelf = Category.objects.add_root({"name": f"Scale {run}", "slug": f"scale-{run}"})
    ids, variant_ids = serial_ids(Product), serial_ids(Variant)
    sizes = _offer_sizes()
    items: list[Item] = []
    for number in range(count):
        name = f"{_NAMES[number % 10]} {_THINGS[number % 6]} {run}/{number}"
        product_id = next(ids)
        tables.products.add(
            *(product_id, kind.pk, shelf.pk, name, f"scale-{run}-{number}", "Made to be counted."),
            *(number, since, since),
        )
        tables.product_options.add(product_id, sizes[_SIZES[0]].option_id)
        for item in _variants(number, name=name, run=run, currency=place.market.currency):
            _stock(
                item,
                product_id=product_id,
                ids=variant_ids,
                sizes=sizes,
                tables=tables,
                since=since,
                place=place,
            )
            items.append(item)
    return items


def _offer_sizes() -> Mapping[str, OptionValue]:
    """The sizes as values of an option, made where they are not there."""
    option, _ = Option.objects.get_or_create(code="size", defaults={"name": "Size"})
    return {
        size: OptionValue.objects.get_or_create(
            option=option, name=size, defaults={"code": f"scale-{position}", "position": position}
        )[0]
        for position, size in enumerate(_SIZES)
    }


def _variants(number: int, *, name: str, run: int, currency: str) -> Iterator[Item]:
    for position in range(number % 3 + 1):
        yield Item(
            sku=f"{PREFIX}-{run}-{number}-{position}",
            title=name,
            options=_SIZES[position],
            price=Money((position + 1) * (299 + number * 37 % 2_000), currency).amount,
        )


def _stock(
    item: Item,
    *,
    product_id: int,
    ids: Iterator[int],
    sizes: Mapping[str, OptionValue],
    tables: Tables,
    since: datetime,
    place: Place,
) -> None:
    position = _SIZES.index(item.options)
    amount, unit = item.options.split()
    value = sizes[item.options]
    variant_id = next(ids)
    tables.variants.add(
        *(variant_id, product_id, item.sku, f"{{{value.pk}}}", item.options, amount, unit, 550),
        *(position, since, since),
    )
    tables.variant_options.add(variant_id, value.option_id, value.pk)
    tables.prices.add(item.sku, place.market.currency, item.price)
    tables.levels.add(item.sku, OPENING_UNITS)
    tables.movements.add(item.sku, OPENING_UNITS, "opening", f"scale:{item.sku}", since)


def register(
    count: int, *, run: int, place: Place, tables: Tables, news: News, since: datetime
) -> Sequence[Buyer]:
    """Keep rows of so many customers, and name them and a guest of each of their houses as buyers."""
    ids = serial_ids(User)
    buyers: list[Buyer] = []
    for number in range(count):
        name = _PEOPLE[number % len(_PEOPLE)]
        email = f"customer-{run}-{number}@scale.example"
        customer_id = next(ids)
        tables.users.add(customer_id, email, name, since)
        news.announce(
            CustomerRegistered(customer_id=customer_id, email=email, name=name, language="en"),
            at=since,
        )
        address = _address(number, name=name, country=place.country)
        buyers.append(Buyer(id=customer_id, email=email, address=address))
        if number % 3 == 0:
            guest = f"guest-{run}-{number}@scale.example"
            buyers.append(Buyer(id=None, email=guest, address=address))
    return buyers


def _address(number: int, *, name: str, country: str) -> Address:
    return Address(
        name=name,
        line1=f"{number % 200 + 1} Quay Street",
        city="Bristol",
        postcode=f"BS{number % 16 + 1} {number % 9 + 1}DB",
        country=country,
    )
