"""Each method at the cheapest rate that fits the parcel."""

import pytest

from apps.core.types import Money
from apps.shipping.models import Method, Rate, Zone
from apps.shipping.selectors import list_options

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rates() -> None:
    zone = Zone.objects.create(name="UK", countries=["GB", "IM"])
    standard = Method.objects.create(zone=zone, code="standard", name="Standard", position=1)
    express = Method.objects.create(zone=zone, code="express", name="Express", position=2)
    for method, up_to, from_amount, price in (
        (standard, 2_000, 0, 395),
        (standard, 10_000, 0, 695),
        (standard, 10_000, 5_000, 0),
        (express, 2_000, 0, 995),
    ):
        Rate.objects.create(
            method=method,
            currency="GBP",
            max_weight_grams=up_to,
            min_amount_minor=from_amount,
            price_minor=price,
        )


def options(
    *, country: str = "GB", minor: int = 1_000, currency: str = "GBP", grams: int = 1_000
) -> list[tuple[str, int]]:
    found = list_options(country=country, amount=Money(minor, currency), weight_grams=grams)
    return [(option.code, option.price.minor) for option in found]


class TestListOptions:
    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ({}, [("standard", 395), ("express", 995)]),
            ({"country": "IM"}, [("standard", 395), ("express", 995)]),
            ({"grams": 2_000}, [("standard", 395), ("express", 995)]),
            ({"grams": 2_001}, [("standard", 695)]),
            ({"grams": 10_001}, []),
            ({"minor": 4_999}, [("standard", 395), ("express", 995)]),
            ({"minor": 5_000}, [("standard", 0), ("express", 995)]),
            ({"country": "FR"}, []),
            ({"currency": "EUR"}, []),
        ],
    )
    def test_fits_weight_amount_country_and_currency(
        self, question: dict, expected: list[tuple[str, int]]
    ) -> None:
        assert options(**question) == expected
