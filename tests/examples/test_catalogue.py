import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from apps.catalog.rules import WIDTHS
from apps.catalog.types import PackUnit
from apps.core.types import exponent_of
from examples.catalogue.records import (
    FOLDER,
    Catalogue,
    CatalogueError,
    check_amount,
    read,
)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read()


def test_enough_stands_on_enough_shelves(catalogue: Catalogue) -> None:
    shelves = [slug for department in catalogue.shop.departments for slug in department.categories]
    assert len(shelves) == len(set(shelves)) == 12
    assert catalogue.shelves.keys() == set(shelves)
    assert all(shelf.products for shelf in catalogue.shelves.values())
    assert len(catalogue.products) >= 128
    assert Counter(product.state for product in catalogue.products)["draft"] == 2


def test_every_name_is_used_once(catalogue: Catalogue) -> None:
    variants = catalogue.variants
    categories = [shelf.category for shelf in catalogue.shelves.values()]
    for names in (
        [product.slug for product in catalogue.products],
        [product.name for product in catalogue.products],
        [product.code for product in catalogue.products],
        [product.description for product in catalogue.products],
        [category.slug for category in (*catalogue.shop.departments, *categories)],
        [variant.sku for variant in variants],
        [variant.gtin for variant in variants],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_skus_and_gtins_are_well_formed(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        for variant in product.variants:
            assert re.fullmatch(r"[A-Z0-9-]{1,32}", variant.sku)
            assert product.code in variant.sku
            assert len(variant.gtin) == 13
            assert 20 <= int(variant.gtin[:2]) <= 29


def test_a_size_is_what_is_in_the_pack(catalogue: Catalogue) -> None:
    """Of all that is poured or weighed; what holds something itself is sold by the piece."""
    kinds = {
        variant.sku: product.type for product in catalogue.products for variant in product.variants
    }
    measured = 0
    for variant in catalogue.variants:
        found = re.fullmatch(r"([0-9.]+) (ml|l|g|kg)", variant.options.get("size", ""))
        if found and kinds[variant.sku] != "vessel":
            assert (str(variant.pack.amount), variant.pack.unit) == found.groups()
            measured += 1
        else:
            assert variant.pack.unit == PackUnit.PIECE
    assert measured > 200


def test_every_variant_has_an_exact_price_in_every_currency(catalogue: Catalogue) -> None:
    for variant in catalogue.variants:
        assert variant.prices.keys() == {"EUR", "GBP", "USD"}
        for currency, price in variant.prices.items():
            assert price > 0
            assert price.as_tuple().exponent == -exponent_of(currency)


def test_prices_follow_no_fixed_rate(catalogue: Catalogue) -> None:
    rates = {
        round(variant.prices["GBP"] / variant.prices["EUR"], 2) for variant in catalogue.variants
    }
    assert len(rates) > 5


def test_every_attribute_matches_its_type(catalogue: Catalogue) -> None:
    kinds = {"text": str, "choice": str, "integer": int, "decimal": Decimal, "boolean": bool}
    types = {product_type.code: product_type for product_type in catalogue.shop.types}
    for product in catalogue.products:
        attributes = types[product.type].attributes
        assert list(product.attributes) == [attribute.code for attribute in attributes]
        for attribute in attributes:
            value = product.attributes[attribute.code]
            assert type(value) is kinds[attribute.kind]
            assert not attribute.choices or value in attribute.choices
        assert 0 <= product.attributes.get("ph", Decimal(7)) <= 14


def test_variants_of_a_product_differ_in_their_options(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        chosen = [tuple(variant.options.items()) for variant in product.variants]
        assert 1 <= len(chosen) <= 6
        assert len(set(chosen)) == len(chosen)
        assert len({tuple(variant.options) for variant in product.variants}) == 1


def test_some_goods_are_scarce_and_some_sold_out(catalogue: Catalogue) -> None:
    stock = [variant.stock for variant in catalogue.variants]
    assert stock.count(0) == 3
    assert any(1 <= number <= 4 for number in stock)
    assert all(number < 5 or 40 <= number <= 600 for number in stock)


def test_texts_are_paragraphs(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        paragraphs = product.paragraphs().split("\n\n")
        assert 2 <= len(paragraphs) <= 3
        assert all(paragraph and "\n" not in paragraph for paragraph in paragraphs)
        assert 0 < len(product.summary) <= 300


def test_every_country_of_a_market_is_taxed_and_reached(catalogue: Catalogue) -> None:
    taxed = {rates.country for rates in catalogue.sale.tax if not rates.postcodes}
    zones = {zone.code: zone for zone in catalogue.shipping.zones}
    for market in catalogue.sale.markets:
        for country in market.countries:
            assert country in taxed
            reached = [
                rate for rate in catalogue.shipping.rates if country in zones[rate.zone].countries
            ]
            assert {rate.method for rate in reached} == {"standard", "express", "pallet"}
            assert {rate.currency for rate in reached} == {market.currency}


def test_bands_rise(catalogue: Catalogue) -> None:
    for rate in catalogue.shipping.rates:
        assert list(rate.bands) == sorted(rate.bands)
        prices = [price for _, price in rate.bands]
        assert prices == sorted(prices)


def test_the_houses_share_all_that_there_is(catalogue: Catalogue) -> None:
    assert sum(house.percent for house in catalogue.shop.warehouses) == 100


def test_every_product_and_category_has_its_pictures_and_no_other_lies_there(
    catalogue: Catalogue,
) -> None:
    pictures = FOLDER / "pictures"
    products = {path.stem for path in (pictures / "products").iterdir()}
    slugs = {product.slug for product in catalogue.products}
    departments = {one.slug for one in catalogue.shop.departments}

    assert slugs <= products <= slugs | {f"{slug}-close-up" for slug in slugs}
    assert len(products - slugs) > 50
    assert {path.stem for path in (pictures / "categories").iterdir()} == (
        catalogue.shelves.keys() | departments
    )


def test_pictures_are_as_large_as_pages_show_them_and_small_all_together() -> None:
    total = 0
    for folder, size in (("products", (800, 800)), ("categories", (1600, 600))):
        assert size[0] <= WIDTHS[-1]
        for path in (FOLDER / "pictures" / folder).iterdir():
            with Image.open(path) as image:
                assert (image.format, image.size) == ("WEBP", size), path.name
            total += path.stat().st_size
    assert total < 6_000_000


@pytest.mark.parametrize("text", ["4.9", "4.900", "4", "-4.90", "NaN"])
def test_a_price_without_two_places_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount with 2 places"):
        check_amount(Decimal(text), currency="EUR")


_FIRST = "01-washing-up.toml: product DSH-001: variants AB-DSH-001-500ML-LEM"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ph = 6.8", 'ph = "6.8"', "product DSH-001: ph is not of kind decimal"),
        ("ph = 6.8, ", "", "product DSH-001: attributes missing or unknown: ph"),
        ('hazard = "Irritant"', 'hazard = "Mild"', "product DSH-001: hazard is none of"),
        ("2741500101016", "2741500101017", f"{_FIRST}: The last digit does not fit"),
        ('unit = "ml"', 'unit = "cl"', f"{_FIRST}: pack: unit: Invalid enum value"),
        ('EUR = "3.95"', 'EUR = "3.9"', f"{_FIRST}: not an amount with 2 places: 3.9"),
        ('EUR = "3.95"', 'EUR = "four"', f"{_FIRST}: prices: Invalid decimal string"),
        ("stock = 431", 'stock = "many"', f"{_FIRST}: stock: Expected `int`, got `str`"),
        ('GBP = "3.25", ', "", "variant AB-DSH-001-500ML-LEM: prices missing or unknown: GBP"),
        ('summary = "A thick', 'sumary = "A thick', "unknown field `sumary`"),
        ('type = "concentrate"', 'tags = ["x"]\ntype = "concentrate"', "DSH-001: unknown tags: x"),
        ("[[product]]", "[product", "01-washing-up.toml: Expected"),
        ('brand = "alder-and-brine"', 'brand = "nobody"', "product DSH-001: unknown brand"),
    ],
)
def test_an_error_names_its_entry(tmp_path: Path, old: str, new: str, message: str) -> None:
    for path in FOLDER.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if path.name.startswith("01-"):
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=re.escape(message)):
        read(tmp_path)
