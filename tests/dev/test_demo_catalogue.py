import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from dev.demo.catalogue import FOLDER, CatalogueError, is_gtin13, load, parse_amount
from dev.demo.records import DemoCatalogue


@pytest.fixture(scope="module")
def catalogue() -> DemoCatalogue:
    return load()


def test_enough_stands_on_enough_shelves(catalogue: DemoCatalogue) -> None:
    shelves = {category.slug for category in catalogue.categories if category.parent}
    stocked = Counter(product.category for product in catalogue.products)
    assert len(shelves) == 12
    assert stocked.keys() == shelves
    assert len(catalogue.products) >= 128
    assert Counter(product.state for product in catalogue.products)["draft"] == 2


def test_parents_come_before_their_shelves(catalogue: DemoCatalogue) -> None:
    seen: set[str] = set()
    for category in catalogue.categories:
        assert category.parent is None or category.parent in seen
        seen.add(category.slug)


def test_every_name_is_used_once(catalogue: DemoCatalogue) -> None:
    variants = [variant for product in catalogue.products for variant in product.variants]
    for names in (
        [product.slug for product in catalogue.products],
        [product.name for product in catalogue.products],
        [product.code for product in catalogue.products],
        [product.description for product in catalogue.products],
        [category.slug for category in catalogue.categories],
        [variant.sku for variant in variants],
        [variant.barcode for variant in variants],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_skus_and_barcodes_are_well_formed(catalogue: DemoCatalogue) -> None:
    for product in catalogue.products:
        for variant in product.variants:
            assert re.fullmatch(r"[A-Z0-9-]{1,32}", variant.sku)
            assert product.code in variant.sku
            assert is_gtin13(variant.barcode)
            assert 20 <= int(variant.barcode[:2]) <= 29


def test_every_variant_has_an_exact_price_in_every_currency(catalogue: DemoCatalogue) -> None:
    exponents = {currency.code: currency.exponent for currency in catalogue.currencies}
    assert exponents.keys() == {"EUR", "GBP", "USD"}
    for product in catalogue.products:
        for variant in product.variants:
            assert variant.prices.keys() == exponents.keys()
            for currency, price in variant.prices.items():
                assert price > 0
                assert price.as_tuple().exponent == -exponents[currency]


def test_prices_follow_no_fixed_rate(catalogue: DemoCatalogue) -> None:
    rates = {
        round(variant.prices["GBP"] / variant.prices["EUR"], 2)
        for product in catalogue.products
        for variant in product.variants
    }
    assert len(rates) > 5


def test_every_attribute_matches_its_type(catalogue: DemoCatalogue) -> None:
    kinds = {"text": str, "choice": str, "integer": int, "decimal": Decimal, "boolean": bool}
    types = {product_type.code: product_type for product_type in catalogue.product_types}
    for product in catalogue.products:
        attributes = types[product.product_type].attributes
        assert list(product.attributes) == [attribute.code for attribute in attributes]
        for attribute in attributes:
            value = product.attributes[attribute.code]
            assert type(value) is kinds[attribute.kind]
            assert not attribute.choices or value in attribute.choices
        assert 0 <= product.attributes.get("ph", Decimal(7)) <= 14


def test_variants_of_a_product_differ_in_their_options(catalogue: DemoCatalogue) -> None:
    for product in catalogue.products:
        chosen = [tuple(variant.options.items()) for variant in product.variants]
        assert 1 <= len(chosen) <= 6
        assert len(set(chosen)) == len(chosen)
        assert len({tuple(variant.options) for variant in product.variants}) == 1


def test_some_goods_are_scarce_and_some_sold_out(catalogue: DemoCatalogue) -> None:
    stock = [variant.stock for product in catalogue.products for variant in product.variants]
    assert stock.count(0) == 3
    assert any(1 <= number <= 4 for number in stock)
    assert all(number < 5 or 40 <= number <= 600 for number in stock)


def test_texts_are_paragraphs(catalogue: DemoCatalogue) -> None:
    for product in catalogue.products:
        paragraphs = product.description.split("\n\n")
        assert 2 <= len(paragraphs) <= 3
        assert all(paragraph and "\n" not in paragraph for paragraph in paragraphs)
        assert 0 < len(product.summary) <= 300


def test_every_country_of_a_market_is_taxed_and_reached(catalogue: DemoCatalogue) -> None:
    taxed = {(rate.country, rate.tax_class) for rate in catalogue.tax_rates}
    zones = {zone.code: zone for zone in catalogue.zones}
    for market in catalogue.markets:
        for country in market.countries:
            assert {(country, "standard"), (country, "reduced")} <= taxed
            reached = [
                rate for rate in catalogue.shipping_rates if country in zones[rate.zone].countries
            ]
            assert {rate.method for rate in reached} == {"standard", "express", "pallet"}
            assert {rate.currency for rate in reached} == {market.currency}


def test_bands_rise(catalogue: DemoCatalogue) -> None:
    for rate in catalogue.shipping_rates:
        assert list(rate.bands) == sorted(rate.bands, key=lambda band: band.up_to_grams)
        assert list(rate.bands) == sorted(rate.bands, key=lambda band: band.price)


@pytest.mark.parametrize("code", ["2741500101017", "274150010101", "27415001010x6", ""])
def test_a_wrong_barcode_is_seen(code: str) -> None:
    assert not is_gtin13(code)


@pytest.mark.parametrize("text", ["4.9", "4.900", "4", "-4.90", "four", "NaN"])
def test_a_price_without_two_places_is_refused(text: str) -> None:
    with pytest.raises(CatalogueError):
        parse_amount(text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ph = 6.8", 'ph = "6.8"', "product DSH-001: ph is not of kind decimal"),
        ("ph = 6.8, ", "", "product DSH-001: attributes missing or unknown: ph"),
        ('hazard = "Irritant"', 'hazard = "Mild"', "product DSH-001: hazard is none of"),
        ("2741500101016", "2741500101017", "variant AB-DSH-001-500ML-LEM: not a GTIN-13"),
        ('EUR = "3.95"', 'EUR = "3.9"', "not an amount with 2 places"),
        ('GBP = "3.25", ', "", "'GBP' is missing"),
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
        load(tmp_path)
