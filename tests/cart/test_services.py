"""Carts hold what their owner chose, one line per variant, until they are ordered."""

from threading import Barrier, get_ident

import pytest
from django.db import IntegrityError

from apps.cart import services
from apps.cart.errors import CartClosed, QuantityOutOfRange, UnknownSku
from apps.cart.models import Cart, CartLine
from apps.cart.selectors import find_open_cart
from apps.cart.types import CartOwner
from apps.catalog.models import PublicationState, Variant
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ProductFactory, VariantFactory
from tests.races import race

GUEST = CartOwner(secret="a guest's secret")


def guest_cart() -> Cart:
    return services.open_cart(owner=GUEST)


def lines_of(cart: Cart) -> dict[str, int]:
    return dict(CartLine.objects.filter(cart=cart).values_list("variant__sku", "quantity"))


def version_of(cart: Cart) -> int:
    return Cart.objects.get(pk=cart.pk).version


@pytest.mark.django_db
class TestOpenCart:
    def test_finds_the_cart_again(self) -> None:
        assert guest_cart() == guest_cart()
        assert services.open_cart(owner=CartOwner(secret="another")) != guest_cart()

    def test_keeps_no_secret(self) -> None:
        assert GUEST.secret not in str(Cart.objects.filter(pk=guest_cart().pk).values().get())

    def test_of_a_customer_is_theirs_whatever_the_secret(self) -> None:
        customer = UserFactory.create()

        opened = services.open_cart(owner=CartOwner(customer_id=customer.pk, secret=GUEST.secret))

        assert (opened.customer_id, opened.holder_digest) == (customer.pk, "")
        assert find_open_cart(GUEST) is None


@pytest.mark.django_db(transaction=True)
class TestTwoFirstClicksAtOnce:
    def test_make_one_cart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        both_have_looked = Barrier(2)
        looked: set[int] = set()

        def look_together(owner: CartOwner) -> Cart | None:
            found = find_open_cart(owner)
            if get_ident() not in looked:
                looked.add(get_ident())
                both_have_looked.wait(timeout=10)
            return found

        monkeypatch.setattr(services, "find_open_cart", look_together)

        first, second = race(lambda _: guest_cart().pk, runners=2)

        assert first == second
        assert Cart.objects.count() == 1

    def test_make_one_line(self) -> None:
        cart, sku = guest_cart(), VariantFactory.create().sku

        race(lambda _: services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=2))

        assert lines_of(cart) == {sku: 16}
        assert version_of(cart) == 9


@pytest.mark.django_db
class TestAddToCart:
    def test_adds_to_what_is_there(self) -> None:
        cart, sku = guest_cart(), VariantFactory.create().sku

        services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=2)
        services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=3)

        assert lines_of(cart) == {sku: 5}
        assert version_of(cart) == 3

    def test_stops_at_the_limit(self) -> None:
        cart, sku = guest_cart(), VariantFactory.create().sku

        for quantity in (9_000, 1_000):
            services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=quantity)

        assert lines_of(cart) == {sku: 9_999}

    @pytest.mark.parametrize("quantity", [0, -1, 10_000])
    def test_refuses_a_quantity_out_of_range(self, quantity: int) -> None:
        cart, sku = guest_cart(), VariantFactory.create().sku

        with pytest.raises(QuantityOutOfRange):
            services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=quantity)

        assert (lines_of(cart), version_of(cart)) == ({}, 1)

    def test_refuses_what_is_not_on_sale(self) -> None:
        cart = guest_cart()
        withdrawn = VariantFactory.create(is_active=False).sku
        draft = ProductFactory.create(state=PublicationState.DRAFT)
        hidden = VariantFactory.create(product=draft).sku

        for sku in ("NOPE", withdrawn, hidden):
            with pytest.raises(UnknownSku):
                services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=1)

        assert (lines_of(cart), version_of(cart)) == ({}, 1)

    def test_refuses_a_cart_that_was_ordered(self) -> None:
        cart, sku = guest_cart(), VariantFactory.create().sku
        services.close_cart(cart_id=cart.pk, version=1)

        with pytest.raises(CartClosed):
            services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=1)

        assert lines_of(cart) == {}


@pytest.mark.django_db
class TestSetQuantity:
    def filled(self) -> tuple[Cart, str]:
        cart, sku = guest_cart(), VariantFactory.create().sku
        services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=2)
        return cart, sku

    def test_changes_the_line(self) -> None:
        cart, sku = self.filled()

        services.set_quantity(cart_id=cart.pk, sku=sku, quantity=7)

        assert (lines_of(cart), version_of(cart)) == ({sku: 7}, 3)

    def test_of_zero_removes_the_line(self) -> None:
        cart, sku = self.filled()

        services.set_quantity(cart_id=cart.pk, sku=sku, quantity=0)

        assert (lines_of(cart), version_of(cart)) == ({}, 3)

    @pytest.mark.parametrize("quantity", [-1, 10_000])
    def test_refuses_a_quantity_out_of_range(self, quantity: int) -> None:
        cart, sku = self.filled()

        with pytest.raises(QuantityOutOfRange):
            services.set_quantity(cart_id=cart.pk, sku=sku, quantity=quantity)

        assert (lines_of(cart), version_of(cart)) == ({sku: 2}, 2)

    @pytest.mark.parametrize("quantity", [0, 1])
    def test_refuses_a_line_that_is_not_there(self, quantity: int) -> None:
        cart, sku = self.filled()

        with pytest.raises(UnknownSku):
            services.set_quantity(cart_id=cart.pk, sku="NOPE", quantity=quantity)

        assert (lines_of(cart), version_of(cart)) == ({sku: 2}, 2)

    def test_refuses_a_cart_that_was_ordered(self) -> None:
        cart, sku = self.filled()
        services.close_cart(cart_id=cart.pk, version=2)

        with pytest.raises(CartClosed):
            services.set_quantity(cart_id=cart.pk, sku=sku, quantity=1)

        assert lines_of(cart) == {sku: 2}


@pytest.mark.django_db
class TestMergeCarts:
    def fill(self, cart: Cart, lines: dict[str, int]) -> Cart:
        for sku, quantity in lines.items():
            services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=quantity)
        return cart

    def test_of_a_customer_without_a_cart_hands_the_guests_over(self) -> None:
        customer, sku = UserFactory.create(), VariantFactory.create().sku
        cart = self.fill(guest_cart(), {sku: 2})

        services.merge_carts(customer_id=customer.pk, secret=GUEST.secret)

        assert find_open_cart(CartOwner(customer_id=customer.pk)) == cart
        assert find_open_cart(GUEST) is None
        assert version_of(cart) == 3

    def test_keeps_the_larger_quantity_of_each_variant(self) -> None:
        customer = UserFactory.create()
        more, less, new, old = (VariantFactory.create().sku for _ in range(4))
        own = services.open_cart(owner=CartOwner(customer_id=customer.pk))
        self.fill(own, {more: 1, less: 5, old: 4})
        guest = self.fill(guest_cart(), {more: 3, less: 2, new: 7})

        services.merge_carts(customer_id=customer.pk, secret=GUEST.secret)

        assert lines_of(own) == {more: 3, less: 5, old: 4, new: 7}
        guest.refresh_from_db()
        assert guest.status == "merged"

    def test_a_second_time_changes_nothing(self) -> None:
        customer, sku = UserFactory.create(), VariantFactory.create().sku
        own = services.open_cart(owner=CartOwner(customer_id=customer.pk))
        self.fill(guest_cart(), {sku: 2})

        for _ in range(2):
            services.merge_carts(customer_id=customer.pk, secret=GUEST.secret)

        assert (lines_of(own), version_of(own)) == ({sku: 2}, 2)

    def test_pours_into_a_cart_that_another_tab_opens_just_then(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        customer, sku = UserFactory.create(), VariantFactory.create().sku
        owner = CartOwner(customer_id=customer.pk)
        self.fill(guest_cart(), {sku: 2})
        look = services.find_open_cart

        def look_too_early(asked: CartOwner) -> Cart | None:
            monkeypatch.setattr(services, "find_open_cart", look)
            found = look(asked)
            services.open_cart(owner=owner)
            return found

        monkeypatch.setattr(services, "find_open_cart", look_too_early)
        services.merge_carts(customer_id=customer.pk, secret=GUEST.secret)

        own = find_open_cart(owner)
        assert own is not None
        assert lines_of(own) == {sku: 2}

    def test_hands_the_guests_over_when_the_own_one_is_ordered_just_then(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        customer, sku = UserFactory.create(), VariantFactory.create().sku
        owner = CartOwner(customer_id=customer.pk)
        services.open_cart(owner=owner)
        guest = self.fill(guest_cart(), {sku: 2})
        look = services.find_open_cart

        def look_too_early(asked: CartOwner) -> Cart | None:
            monkeypatch.setattr(services, "find_open_cart", look)
            found = look(asked)
            assert found is not None
            services.close_cart(cart_id=found.pk, version=found.version)
            return found

        monkeypatch.setattr(services, "find_open_cart", look_too_early)
        services.merge_carts(customer_id=customer.pk, secret=GUEST.secret)

        assert find_open_cart(owner) == guest

    @pytest.mark.parametrize("secret", ["", "somebody else's"])
    def test_of_a_secret_without_a_cart_changes_nothing(self, secret: str) -> None:
        customer, cart = UserFactory.create(), guest_cart()

        services.merge_carts(customer_id=customer.pk, secret=secret)

        cart.refresh_from_db()
        assert (cart.status, cart.customer_id) == ("open", None)


@pytest.mark.django_db
class TestCloseCart:
    def test_closes_the_version_that_was_ordered(self) -> None:
        cart = guest_cart()

        services.close_cart(cart_id=cart.pk, version=1)

        assert find_open_cart(GUEST) is None

    def test_leaves_a_cart_open_that_was_changed_since(self) -> None:
        cart, sku = guest_cart(), VariantFactory.create().sku
        services.add_to_cart(cart_id=cart.pk, sku=sku, quantity=1)

        services.close_cart(cart_id=cart.pk, version=1)

        assert find_open_cart(GUEST) == cart


@pytest.mark.django_db
class TestReopenCart:
    def test_gives_the_cart_back(self) -> None:
        cart = guest_cart()
        services.close_cart(cart_id=cart.pk, version=1)

        services.reopen_cart(cart_id=cart.pk)

        assert find_open_cart(GUEST) == cart

    def test_leaves_a_cart_alone_whose_owner_has_begun_another(self) -> None:
        old = guest_cart()
        services.close_cart(cart_id=old.pk, version=1)
        new = guest_cart()

        services.reopen_cart(cart_id=old.pk)

        assert find_open_cart(GUEST) == new
        old.refresh_from_db()
        assert old.status == "ordered"


@pytest.mark.django_db
class TestTheTable:
    def test_refuses_a_second_line_of_a_variant(self) -> None:
        cart, variant = guest_cart(), VariantFactory.create()
        CartLine.objects.create(cart=cart, variant=variant, quantity=1)

        with pytest.raises(IntegrityError, match="cart_line_once_per_variant"):
            CartLine.objects.create(cart=cart, variant=variant, quantity=1)

    def test_refuses_a_quantity_of_nothing(self) -> None:
        variant = Variant.objects.get(pk=VariantFactory.create().pk)

        with pytest.raises(IntegrityError, match="cart_line_quantity_in_range"):
            CartLine.objects.create(cart=guest_cart(), variant=variant, quantity=0)
