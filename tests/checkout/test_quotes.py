"""A quote promises exactly what the cart comes to, and cannot be forged."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from django.core import signing
from django.utils import timezone
from pytest_django import Settings

from apps.cart.errors import CartNotFound
from apps.cart.services import open_cart
from apps.cart.types import CartOwner
from apps.catalog.models import Variant
from apps.checkout.errors import CartEmpty, ItemsUnavailable, QuoteInvalid
from apps.checkout.services import quotes, read_quote, sign_quote
from apps.inventory.models import StockLevel
from apps.orders.errors import OrderTooLarge
from apps.pricing.errors import CountryNotServed, TaxRateMissing
from apps.pricing.models import Market, TaxRate
from apps.pricing.types import Totals
from apps.shipping.errors import MethodNotAvailable
from tests.checkout.shoppers import (
    GUEST,
    adjust_quotes,
    elsewhere,
    fill_cart,
    owner_for,
    quote_cart,
)
from tests.factories.accounts import UserFactory
from tests.factories.orders import LONDON, adjustment
from tests.factories.shop import open_market, prices_in, stock_variant

pytestmark = pytest.mark.django_db


class TestMakeQuote:
    def test_adds_lines_shipping_and_tax_up(self) -> None:
        cart = fill_cart({stock_variant(price="4.20").sku: 2, stock_variant(price="1").sku: 1})

        draft = quote_cart(cart).quote.draft

        assert draft.totals == Totals(
            lines_minor=783,
            shipping_minor=329,
            tax_minor=223,
            adjustments_minor=0,
            total_minor=1335,
        )
        assert [(line.quantity, line.amount_minor, line.tax_minor) for line in draft.lines] == [
            (2, 840, 140),
            (1, 100, 17),
        ]

    def test_of_a_market_that_adds_tax_puts_it_on_top(self) -> None:
        cart = fill_cart()
        Market.objects.update(tax_included=False)

        totals = quote_cart(cart).quote.draft.totals

        assert (totals.lines_minor, totals.shipping_minor) == (840, 395)
        assert (totals.tax_minor, totals.total_minor) == (168 + 79, 840 + 395 + 168 + 79)

    def test_taxes_each_class_at_the_countrys_rate(self) -> None:
        reduced = stock_variant(price="10", tax_class="reduced")
        untaxed = stock_variant(price="10", tax_class="zero")
        for tax_class, rate in (("reduced", "0.05"), ("zero", "0")):
            TaxRate.objects.create(country="GB", tax_class=tax_class, rate=Decimal(rate))

        draft = quote_cart(fill_cart({reduced.sku: 1, untaxed.sku: 1})).quote.draft

        assert draft.shipping_tax_rate == Decimal("0.2")
        assert [line.tax_minor for line in draft.lines] == [48, 0]

    def test_is_refused_where_a_rate_is_missing(self) -> None:
        books = stock_variant(price="10", tax_class="zero")

        with pytest.raises(TaxRateMissing) as refusal:
            quote_cart(fill_cart({books.sku: 1}))

        assert refusal.value.details == {"country": "GB", "tax_classes": ["zero"]}

    @pytest.mark.parametrize(("postcode", "tax"), [("28001", 206), ("35001", 0), ("38760", 0)])
    def test_charges_no_vat_outside_its_area(self, postcode: str, tax: int) -> None:
        open_market(code="eu", currency="EUR", country="ES")
        cart = fill_cart({stock_variant(currency="EUR").sku: 2})
        address = msgspec.structs.replace(
            LONDON, city="Ciudad", region="Provincia", postcode=postcode, country="ES"
        )

        totals = quote_cart(cart, market="eu", address=address).quote.draft.totals

        assert (totals.tax_minor, totals.total_minor) == (tax, 1235)

    def test_names_its_cart_and_holder_and_expires(self, settings: Settings) -> None:
        settings.QUOTE_MINUTES = 30
        cart = fill_cart()

        quote = quote_cart(cart).quote

        assert (quote.draft.cart_id, quote.draft.cart_version) == (cart, 2)
        assert quote.holder_digest
        assert GUEST.secret not in msgspec.json.encode(quote).decode()
        left = quote.expires_at - timezone.now()
        assert timedelta(minutes=29) < left <= timedelta(minutes=30)

    def test_reserves_nothing(self) -> None:
        variant = stock_variant(on_hand=2)

        quote_cart(fill_cart({variant.sku: 2}))

        assert StockLevel.objects.get(variant=variant.sku).reserved == 0

    def test_promises_what_is_paid_with_its_adjustments(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        adjust_quotes(monkeypatch, adjustments=[adjustment(-100)])

        draft = quote_cart(fill_cart()).quote.draft

        (line,) = draft.lines
        assert (line.list_price, line.unit_price) == (Decimal("4.20"), Decimal("4.20"))
        assert (line.amount_minor, line.paid_minor, line.tax_minor) == (840, 740, 123)
        assert draft.adjustments == line.adjustments == (adjustment(-100),)
        assert (draft.totals.adjustments_minor, draft.total.minor) == (-100, 1135)

    def test_says_where_and_how_it_was_asked_for(self) -> None:
        cart = fill_cart()
        context = msgspec.structs.replace(prices_in(), tax_included=False, channel="web")

        draft = quote_cart(cart, context=context).quote.draft

        assert (draft.market, draft.currency, draft.channel) == ("gb", "GBP", "web")
        assert draft.tax_included is False

    def test_is_a_new_one_each_time(self) -> None:
        cart = fill_cart()

        assert quote_cart(cart).quote.draft.id != quote_cart(cart).quote.draft.id

    def test_of_an_empty_cart_is_refused(self) -> None:
        fill_cart(owner=CartOwner(secret="another"))
        empty = open_cart(owner=GUEST)

        with pytest.raises(CartEmpty):
            quote_cart(empty.pk)

    def test_of_somebody_elses_cart_is_refused(self) -> None:
        cart = fill_cart()

        for stranger in (CartOwner(), CartOwner(secret="x"), owner_for(UserFactory.create())):
            with pytest.raises(CartNotFound):
                quote_cart(cart, owner=stranger)

    def test_names_what_cannot_be_bought(self) -> None:
        fine, short, gone = stock_variant(), stock_variant(on_hand=1), stock_variant()
        cart = fill_cart({fine.sku: 1, short.sku: 2, gone.sku: 1})
        Variant.objects.filter(pk=gone.pk).update(is_active=False)

        with pytest.raises(ItemsUnavailable) as refusal:
            quote_cart(cart)

        assert refusal.value.details == {"skus": [short.sku, gone.sku]}

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"address": elsewhere("DE")}, CountryNotServed),
            ({"shipping_method": "pigeon"}, MethodNotAvailable),
        ],
    )
    def test_refuses_what_the_shop_does_not_offer(
        self, changes: dict[str, object], refusal: type[Exception]
    ) -> None:
        cart = fill_cart()

        with pytest.raises(refusal):
            quote_cart(cart, **changes)

    def test_offers_the_methods_that_there_are(self) -> None:
        with pytest.raises(MethodNotAvailable) as refusal:
            quote_cart(fill_cart(), shipping_method="pigeon")

        assert refusal.value.details == {"available": ["standard"]}

    def test_of_too_many_lines_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = {stock_variant().sku: 1, stock_variant().sku: 1}
        monkeypatch.setattr(quotes, "MOST_LINES", 2)
        assert quote_cart(fill_cart(lines))
        monkeypatch.setattr(quotes, "MOST_LINES", 1)

        with pytest.raises(OrderTooLarge) as refusal:
            quote_cart(fill_cart(lines))

        assert refusal.value.details == {"limit": "1 lines"}


class TestReadQuote:
    def test_opens_what_was_sealed(self) -> None:
        signed = quote_cart()

        assert read_quote(signed.document) == signed.quote

    def test_refuses_every_changed_letter(self) -> None:
        document = quote_cart().document

        for place in range(0, len(document), 37):
            letter = "A" if document[place] != "A" else "B"
            with pytest.raises(QuoteInvalid):
                read_quote(f"{document[:place]}{letter}{document[place + 1 :]}")

    @pytest.mark.parametrize("document", ["", "x", "a:b:c", "\x00", "ü" * 10, "." * 1_000])
    def test_refuses_what_is_no_quote(self, document: str) -> None:
        with pytest.raises(QuoteInvalid):
            read_quote(document)

    def test_refuses_a_seal_made_for_something_else(self) -> None:
        with pytest.raises(QuoteInvalid):
            read_quote(signing.dumps({"total": 1}, salt="something.else"))

    def test_refuses_another_shape_under_the_right_seal(self) -> None:
        with pytest.raises(QuoteInvalid):
            read_quote(signing.dumps({"total": 1}, salt="checkout.quote", compress=True))

    def test_keeps_a_thousand_lines_small_enough_for_the_queue(self) -> None:
        quote = quote_cart().quote
        (line,) = quote.draft.lines
        lines = tuple(
            msgspec.structs.replace(line, sku=f"AB-FLR-{number:05d}", title=f"Soap {number}")
            for number in range(1_000)
        )
        large = msgspec.structs.replace(
            quote, draft=msgspec.structs.replace(quote.draft, lines=lines)
        )

        assert len(sign_quote(large).document) < 300_000
        assert len(msgspec.json.encode(large)) < 1_048_576 // 2
