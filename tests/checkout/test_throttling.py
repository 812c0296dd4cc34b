"""Guests are counted by address and by device, customers by themselves."""

from types import SimpleNamespace

import pytest
import time_machine
from pytest_django import Settings

from apps.checkout.errors import TooManyOrders
from apps.checkout.services import check_customer_rate, check_guest_rate, throttling
from apps.checkout.services.throttling import WINDOW_SECONDS


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

    def test_begins_anew_with_the_next_window(self) -> None:
        with time_machine.travel("2026-11-21T12:00:00Z", tick=False) as clock:
            for _ in range(3):
                check_guest_rate(address="1.1.1.1", secret="")
            clock.shift(WINDOW_SECONDS - 1)
            with pytest.raises(TooManyOrders):
                check_guest_rate(address="1.1.1.1", secret="")
            clock.shift(2)

            check_guest_rate(address="1.1.1.1", secret="")

    def test_counts_nobody_it_cannot_tell_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counted: list[object] = []
        monkeypatch.setattr(throttling, "cache", SimpleNamespace(add=counted.append))

        for _ in range(10):
            check_guest_rate(address="", secret="")

        assert counted == []

    def test_stops_no_sale_while_the_cache_is_away(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: object) -> None:
            raise ConnectionError

        monkeypatch.setattr(throttling, "cache", SimpleNamespace(add=fail))

        for _ in range(10):
            check_guest_rate(address="1.1.1.1", secret="device")

        assert caplog.messages == ["placements are not counted"] * 20


class TestCheckCustomerRate:
    def test_holds_back_the_fourth_of_one_customer(self) -> None:
        for _ in range(3):
            check_customer_rate(customer_id=7)

        with pytest.raises(TooManyOrders):
            check_customer_rate(customer_id=7)
        check_customer_rate(customer_id=8)
