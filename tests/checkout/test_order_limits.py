"""Guests are counted by address and by device, customers by themselves."""

import pytest
from pytest_django import Settings

from apps.checkout.errors import TooManyOrders
from apps.checkout.services import check_customer_rate, check_guest_rate
from apps.checkout.services.order_limits import check_recipient_rate
from apps.core.models import new_id


@pytest.fixture(autouse=True)
def _three_a_minute(settings: Settings) -> None:
    settings.GUEST_ORDERS_PER_MINUTE = 3


class TestCheckGuestRate:
    def test_holds_back_the_fourth_from_one_address(self) -> None:
        for number in range(3):
            check_guest_rate(address="1.1.1.1", secret=f"device {number}")

        with pytest.raises(TooManyOrders):
            check_guest_rate(address="1.1.1.1", secret="device 4")
        check_guest_rate(address="2.2.2.2", secret="device 4")

    def test_holds_back_the_fourth_from_one_device(self) -> None:
        for number in range(3):
            check_guest_rate(address=f"1.1.1.{number}", secret="device")

        with pytest.raises(TooManyOrders):
            check_guest_rate(address="2.2.2.2", secret="device")


class TestCheckCustomerRate:
    def test_holds_back_the_fourth_of_one_customer(self) -> None:
        for _ in range(3):
            check_customer_rate(customer_id=7)

        with pytest.raises(TooManyOrders):
            check_customer_rate(customer_id=7)
        check_customer_rate(customer_id=8)


class TestCheckRecipientRate:
    def test_holds_back_mails_to_one_address_in_any_case(self, settings: Settings) -> None:
        settings.GUEST_ORDERS_PER_RECIPIENT = 2
        for email in ("eve@example.com", "EVE@example.com"):
            check_recipient_rate(email=email, order_id=new_id())

        with pytest.raises(TooManyOrders):
            check_recipient_rate(email="Eve@example.com", order_id=new_id())
        check_recipient_rate(email="ada@example.com", order_id=new_id())

    def test_counts_an_order_once_however_often_it_is_sent(self, settings: Settings) -> None:
        settings.GUEST_ORDERS_PER_RECIPIENT = 2
        repeated = new_id()
        for _ in range(20):
            check_recipient_rate(email="eve@example.com", order_id=repeated)

        check_recipient_rate(email="eve@example.com", order_id=new_id())
        with pytest.raises(TooManyOrders):
            check_recipient_rate(email="eve@example.com", order_id=new_id())
