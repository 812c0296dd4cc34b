"""Prices and taxes as staff enter them."""

import pytest
from django.forms import modelform_factory

from apps.pricing.admin import MarketForm, TaxRateForm
from apps.pricing.models import Market, TaxRate
from tests.factories.shop import open_market

pytestmark = pytest.mark.django_db


class TestMarkets:
    @pytest.mark.parametrize(
        ("countries", "missing"), [("GB, IM, JE", ""), ("GB, CH", "CH"), ("NO, CH", "CH, NO")]
    )
    def test_are_not_opened_where_no_tax_is_known(self, countries: str, missing: str) -> None:
        open_market()
        fields = {"code": "x", "name": "X", "currency": "GBP", "position": 1}

        form = modelform_factory(Market, form=MarketForm, fields="__all__")(
            {**fields, "countries": countries, "languages": "en"}
        )

        said = f"There is no tax rate for {missing}. Give one first, if only of 0 %."
        assert form.errors == ({"countries": [said]} if missing else {})

    @pytest.mark.parametrize(
        ("typed", "errors"),
        [
            ({"languages": "de, en, de"}, set()),
            ({"languages": "de, klingon"}, {"languages"}),
            ({"languages": ""}, {"languages"}),
            ({"default_country": "GB"}, set()),
            ({"default_country": "FR"}, {"default_country"}),
        ],
    )
    def test_speak_languages_and_begin_with_one_of_their_countries(
        self, typed: dict[str, str], errors: set[str]
    ) -> None:
        open_market()
        fields = {"code": "x", "name": "X", "currency": "GBP", "position": 1, "countries": "GB"}

        form = modelform_factory(Market, form=MarketForm, fields="__all__")(
            {**fields, "languages": "en", **typed}
        )

        assert set(form.errors) == errors
        if typed == {"languages": "de, en, de"}:
            assert form.cleaned_data["languages"] == ["de", "en"]


class TestTaxRates:
    @pytest.mark.parametrize(
        ("postcodes", "is_right"),
        [
            ("35, 38", True),
            ("9500..9999", True),
            ("", True),
            ("35-38", False),
            ("35;38", False),
            ("9999..9500", False),
            ("95..9999", False),
            ("35, 9500..99", False),
        ],
    )
    def test_name_postcodes_that_are_understood(self, postcodes: str, is_right: bool) -> None:
        form = modelform_factory(TaxRate, form=TaxRateForm, fields="__all__")(
            {"country": "ES", "tax_class": "standard", "rate": "0.07", "postcodes": postcodes}
        )

        assert form.is_valid() is is_right
