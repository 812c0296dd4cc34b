"""A guest's unpaid orders hold so much of a variant, and no more."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from apps.core import services as core_services
from apps.inventory.models import StockLevel
from apps.orders.errors import TooManyUnits
from apps.orders.models import Order
from apps.orders.services import check_units, check_units_from
from apps.orders.types import Channel
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_draft, make_order
from tests.factories.shop import stock_variant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ten_units(settings: Settings) -> None:
    settings.GUEST_UNITS = 10


def order_of(sku: str, units: int, *, token: str = "tok_3ds", **fields: object) -> Order:
    return Order.objects.get(pk=make_order(lines={sku: units}, token=token, **fields))


class TestWhatAGuestHolds:
    @pytest.mark.parametrize("email", ["eve@example.com", "EVE@example.com"])
    def test_is_the_sum_of_what_is_not_paid(self, email: str) -> None:
        sku = stock_variant().sku
        order_of(sku, 6, email="eve@example.com")

        refused = order_of(sku, 5, email=email)
        taken = order_of(sku, 4, email=email)

        assert (refused.status, refused.reason) == ("rejected", "too_many_units")
        assert taken.status == "awaiting_payment"
        assert StockLevel.objects.get(variant=sku).reserved == 10

    def test_is_nothing_once_it_is_paid(self) -> None:
        sku = stock_variant().sku

        orders = [order_of(sku, 6, token="tok_success") for _ in range(3)]

        assert {order.status for order in orders} == {"paid"}

    def test_is_counted_by_guest_and_by_variant(self) -> None:
        sku, other = stock_variant().sku, stock_variant().sku
        order_of(sku, 6, email="eve@example.com")

        assert order_of(sku, 6, email="ada@example.com").status == "awaiting_payment"
        assert order_of(other, 6, email="eve@example.com").status == "awaiting_payment"

    def test_is_no_matter_of_who_has_an_account(self) -> None:
        sku, customer = stock_variant().sku, UserFactory.create()

        assert order_of(sku, 60, customer_id=customer.pk).status == "awaiting_payment"

    def test_is_not_what_a_customer_of_the_same_address_holds(self) -> None:
        sku, customer = stock_variant().sku, UserFactory.create(email="eve@example.com")
        order_of(sku, 9, email="eve@example.com", customer_id=customer.pk)

        assert order_of(sku, 9, email="eve@example.com").status == "awaiting_payment"

    def test_is_let_go_of_sooner(self, settings: Settings) -> None:
        customer = UserFactory.create()
        kept = [
            order.pay_by - order.accepted_at
            for order in (
                order_of(stock_variant().sku, 1),
                order_of(stock_variant().sku, 1, customer_id=customer.pk),
            )
        ]

        assert kept == [
            timedelta(minutes=settings.GUEST_HOLD_MINUTES),
            timedelta(minutes=settings.RESERVATION_MINUTES),
        ]
        assert kept[0] < kept[1]


class TestCheckUnitsFrom:
    def test_counts_a_network_address_whatever_the_e_mail(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        first = make_draft(lines={"A": 60, "B": 60}, email="eve@example.com")
        second = make_draft(lines={"A": 41}, email="mallory@example.com")
        check_units_from("203.0.113.7", first)

        with pytest.raises(TooManyUnits) as refusal:
            check_units_from("203.0.113.7", second)

        assert refusal.value.details["skus"] == ["A"]
        assert '"GuestUnitsRefused": [1]' in capsys.readouterr().out
        check_units_from("203.0.113.8", second)

    def test_counts_nothing_of_what_it_refuses(self) -> None:
        check_units_from("203.0.113.7", make_draft(lines={"B": 90}))
        for _ in range(3):
            with pytest.raises(TooManyUnits):
                check_units_from("203.0.113.7", make_draft(lines={"A": 60, "B": 20}))

        check_units_from("203.0.113.7", make_draft(lines={"A": 100, "B": 10}))

    def test_stops_nobody_while_the_cache_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(core_services, "cache", None)

        for _ in range(3):
            check_units_from("203.0.113.7", make_draft(lines={"A": 60}))

    def test_counts_an_order_once_however_often_it_is_sent(self) -> None:
        draft = make_draft(lines={"A": 100})

        for _ in range(3):
            check_units_from("203.0.113.7", draft)
        with pytest.raises(TooManyUnits):
            check_units_from("203.0.113.7", make_draft(lines={"A": 1}))

    @pytest.mark.parametrize("fields", [{"customer_id": 7}, {"channel": Channel.IMPORT}])
    def test_counts_guests_alone(self, fields: dict[str, object]) -> None:
        for _ in range(3):
            check_units_from("203.0.113.7", make_draft(lines={"A": 60}, **fields))


class TestCheckUnits:
    def test_names_what_is_too_much(self) -> None:
        check_units({"A": 10})
        with pytest.raises(TooManyUnits) as refusal:
            check_units({"B": 11, "A": 10})

        assert refusal.value.details == {"skus": ["B"], "most": 10}
