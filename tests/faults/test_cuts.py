"""The line to the database is cut after so many bytes (F9), also while a commit is on its way."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.db.utils import DatabaseError

from apps.orders.models import Order
from apps.orders.services import intake, process_order
from apps.payments.providers.fake import FakeProvider
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.faults.proxy import Proxy, proxy

CUTS = int(os.environ.get("FAULT_CUTS", "25"))

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queues")]


class BanksBook:
    """Each capture that the bank carries out; a key it has seen moves nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: set[str] = set()
        capture = FakeProvider.capture

        def note(gateway: FakeProvider, request: Any) -> Any:
            self.keys.add(request.key)
            return capture(gateway, request)

        monkeypatch.setattr(FakeProvider, "capture", note)

    def charged_twice(self) -> list[str]:
        by_payment = Counter(key.split(":")[0] for key in self.keys)
        return [payment for payment, count in by_payment.items() if count > 1]


@contextmanager
def through(line: Proxy) -> Iterator[None]:
    """This thread's connection goes through the proxy."""
    connection.close()
    connection.settings_dict = {**connection.settings_dict, "PORT": str(line.port)}
    try:
        yield
    finally:
        connection.close()


def deliver_until_done(request: dict[str, Any]) -> int:
    """Process a message, again and again while the line breaks, as the queue would; returns how often."""
    for attempt in range(1, 6):
        try:
            process_order(request=request)
        except (OperationalError, InterfaceError, DatabaseError):
            connection.close()
        else:
            return attempt
    raise AssertionError("the line never held")


def in_a_thread(work: Callable[[], None]) -> None:
    """Run on a connection of its own; an error is raised here."""
    errors: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised below
            errors.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def cut_everywhere(line: Proxy, sku: str) -> tuple[int, int]:
    """Cut one order after the other, each a little later on its way; returns orders and cuts."""
    cuts = orders = 0
    with through(line):
        deliver_until_done(make_request(lines={sku: 1}))
        connection.close()
        before = line.passed
        deliver_until_done(make_request(lines={sku: 1}))
        length = line.passed - before
        orders = 2
        for number in range(CUTS):
            connection.close()
            line.cut_after(1 + number * length // CUTS)
            cuts += deliver_until_done(make_request(lines={sku: 1})) - 1
            orders += 1
    return orders, cuts


class TestALineThatBreaks:
    def test_loses_and_doubles_nothing(
        self, monkeypatch: pytest.MonkeyPatch, reached: Callable[..., None]
    ) -> None:
        sku = stock_variant(on_hand=10_000).sku
        book = BanksBook(monkeypatch)
        host, port = connection.settings_dict["HOST"], int(connection.settings_dict["PORT"])
        counts: list[tuple[int, int]] = []

        with proxy(host=host, port=port) as line:
            in_a_thread(lambda: counts.append(cut_everywhere(line, sku)))

        ((orders, cuts),) = counts
        assert cuts > CUTS / 2
        assert Order.objects.filter(status="paid").count() == Order.objects.count() == orders
        assert len(book.keys) == orders
        assert book.charged_twice() == []
        reached(
            "F9",
            f"the database's line reset at {CUTS} places of an order's conversation",
            to_reach="0 lost, 0 double",
            number=f"{cuts} cuts: {orders} orders paid once each",
        )

    @pytest.mark.control
    def test_doubles_orders_whose_id_is_not_the_key(
        self, monkeypatch: pytest.MonkeyPatch, reached: Callable[..., None]
    ) -> None:
        from tests.faults import guards

        sku = stock_variant(on_hand=10_000).sku
        monkeypatch.setattr(intake, "_parse", intake._parse)
        guards.switch_off("one order per quote")
        host, port = connection.settings_dict["HOST"], int(connection.settings_dict["PORT"])
        counts: list[tuple[int, int]] = []

        with proxy(host=host, port=port) as line:
            in_a_thread(lambda: counts.append(cut_everywhere(line, sku)))

        ((orders, _),) = counts
        written = Order.objects.count()
        assert written > orders
        reached(
            "F9",
            "… control: an order id of its own for each delivery",
            to_reach="more orders than messages",
            number=f"{written} orders of {orders} messages",
        )
