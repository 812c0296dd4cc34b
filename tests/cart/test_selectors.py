"""A cart is seen by its owner only, at today's prices and stock."""

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.cart import services
from apps.cart.errors import CartNotFound
from apps.cart.models import Cart
from apps.cart.selectors import get_cart_of, price_cart
from apps.cart.types import CartOwner
from apps.catalog.models import Variant
from apps.core.models import new_id
from apps.core.types import Money
from apps.pricing.models import Price
from tests.factories.accounts import UserFactory
from tests.factories.shop import prices_in, stock_variant

pytestmark = pytest.mark.django_db
GUEST = CartOwner(secret="a guest's secret")


def cart_with(lines: dict[str, int]) -> Cart:
    cart = services.open_cart(owner=GUEST)
    for sku, quantity in lines.items():
        services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=quantity)
    return Cart.objects.get(pk=cart.pk)


class TestGetCartOf:
    def test_shows_owners_their_own(self) -> None:
        customer = CartOwner(customer_id=UserFactory.create().pk)

        for owner in (GUEST, customer):
            cart = services.open_cart(owner=owner)
            assert get_cart_of(owner, cart_id=cart.pk) == cart

    def test_hides_a_cart_from_everybody_else(self) -> None:
        one, other = UserFactory.create(), UserFactory.create()
        guests = services.open_cart(owner=GUEST)
        customers = services.open_cart(owner=CartOwner(customer_id=one.pk))
        strangers = [
            CartOwner(),
            CartOwner(secret="wrong"),
            CartOwner(customer_id=other.pk),
            CartOwner(customer_id=other.pk, secret="wrong"),
        ]

        for stranger in strangers:
            for cart in (guests, customers):
                with pytest.raises(CartNotFound):
                    get_cart_of(stranger, cart_id=cart.pk)

    def test_hides_what_is_not_there(self) -> None:
        with pytest.raises(CartNotFound):
            get_cart_of(GUEST, cart_id=new_id())


class TestPriceCart:
    def test_multiplies_and_adds_up(self) -> None:
        first, second = stock_variant(price="4.20"), stock_variant(price="0.0125")
        cart = cart_with({first.sku: 3, second.sku: 10})

        priced = price_cart(cart, context=prices_in())

        assert [item.amount for item in priced.items] == [Money(1260, "GBP"), Money(13, "GBP")]
        assert priced.subtotal == Money(1273, "GBP")
        assert (priced.count, priced.weight_grams) == (13, 13 * 1_050)

    def test_uses_todays_price(self) -> None:
        variant = stock_variant(price="4.20")
        cart = cart_with({variant.sku: 1})

        Price.objects.filter(variant=variant).update(amount=Decimal("5.00"))

        assert price_cart(cart, context=prices_in()).subtotal == Money(500, "GBP")

    def test_shows_what_cannot_be_bought_any_more(self) -> None:
        gone, unpriced, short = stock_variant(), stock_variant(currency="EUR"), stock_variant()
        cart = cart_with({gone.sku: 1, unpriced.sku: 1, short.sku: 101})
        Variant.objects.filter(pk=gone.pk).update(is_active=False)

        priced = price_cart(cart, context=prices_in())

        assert [(item.amount, item.is_buyable) for item in priced.items] == [
            (None, False),
            (None, False),
            (Money(42420, "GBP"), False),
        ]
        assert priced.subtotal == Money(42420, "GBP")

    def test_asks_four_times_however_many_lines(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        cart = cart_with({stock_variant().sku: 1 for _ in range(12)})

        with django_assert_num_queries(4):
            price_cart(cart, context=prices_in())
