"""The whole move, through the queue and a worker; interrupted, repeated, in the shadow."""

import csv
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.backfill import services
from apps.events.models import Delivery, OutboxMessage
from apps.inventory.models import StockLevel
from apps.notifications.models import Message
from apps.orders.models import Order
from apps.payments.models import Payment
from apps.refunds.models import Refund
from tests.backfill.test_rules import SALES
from tests.queues import Queues

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def working(queues: Queues) -> Iterator[None]:
    """A worker that runs what comes into the queues, in a thread of this process."""
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            queues.run_all()
            done.wait(0.05)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    done.set()
    thread.join()


def wait_until_quiet() -> None:
    """Wait until every event has reached its targets, and granted money has gone."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        fresh = OutboxMessage.objects.filter(fanned_out_at=None).exists()
        owed = Refund.objects.filter(state="approved", order__isnull=False).exists()
        if not fresh and not owed and not Delivery.objects.filter(delivered_at=None).exists():
            return
        time.sleep(0.05)
    raise TimeoutError


def replay(tmp_path: Path, **options: Any) -> str:
    out = StringIO()
    rejects = tmp_path / "rejects.csv"
    call_command("replay_orders", SALES, rejects=rejects, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def state() -> dict[str, Any]:
    return {
        "orders": sorted(Order.objects.values_list("id", "status", "version", "total_minor")),
        "payments": sorted(
            Payment.objects.values_list("reference", "captured_minor", "refunded_minor")
        ),
        "refunds": sorted(Refund.objects.values_list("reference", "amount_minor")),
        "stock": sorted(StockLevel.objects.values_list("variant", "on_hand", "reserved")),
    }


class TestReplayOrders:
    def test_accounts_for_every_row(self, working: None, tmp_path: Path) -> None:
        table = replay(tmp_path)

        figures = {line[:20].strip(): line[20:].split() for line in table.splitlines()}
        assert figures == {
            "class": ["rows", "amount", "GBP"],
            "order line": ["7", "27.53"],
            "shipping charge": ["1", "4.95"],
            "discount": ["1", "-3.50"],
            "fee": ["1", "3.00"],
            "return line": ["3", "-17.60"],
            "stock adjustment": ["2", "0.00"],
            "rejected": ["2", "0.00"],
            "rounding": ["-0.0050"],
            "the file": ["17", "14.3750"],
            "unaccounted": ["0", "0.0000"],
        }
        with (tmp_path / "rejects.csv").open() as file:
            assert [row["source"] for row in csv.DictReader(file)] == [
                "sales.csv:17",
                "sales.csv:18",
            ]

    def test_pays_reserves_and_gives_back_but_writes_no_mail(
        self, working: None, tmp_path: Path, queues: Queues
    ) -> None:
        replay(tmp_path)
        wait_until_quiet()

        done = Order.objects.filter(status="completed")
        paid = {order.address["line1"]: order for order in done}
        assert sorted(paid) == ["Invoice 700001", "Invoice 700002", "Invoice 700003"]
        first = paid["Invoice 700001"]
        assert (first.total_minor, first.tax_minor) == (2485, 370)
        assert list(first.lines.order_by("position").values_list("sku", "unit_price")) == [
            ("20001", Decimal("2.55")),
            ("20002", Decimal("1.25")),
            ("20001", Decimal("2.10")),
        ]
        payment = Payment.objects.get(reference=first.pk)
        assert (payment.captured_minor, payment.refunded_minor) == (2485, 510)
        level = StockLevel.objects.get(variant="20001")
        # Two units came back, and went on the shelf.
        assert (level.on_hand, level.reserved) == (2, 0)
        assert not Message.objects.exists()

    def test_changes_nothing_when_run_twice(
        self, working: None, tmp_path: Path, queues: Queues
    ) -> None:
        first = replay(tmp_path)
        wait_until_quiet()
        before = state()

        second = replay(tmp_path)
        wait_until_quiet()

        assert second == first
        assert state() == before

    def test_resumes_where_it_was_interrupted(
        self, working: None, tmp_path: Path, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stop(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as interrupted:
            interrupted.setattr(services, "settle", stop)
            with pytest.raises(KeyboardInterrupt):
                replay(tmp_path)
        assert not Refund.objects.exists()

        assert "unaccounted                  0" in replay(tmp_path)

    def test_in_the_shadow_reports_and_writes_nothing(self, tmp_path: Path) -> None:
        table = replay(tmp_path, shadow=True)

        assert "unaccounted                  0" in table
        assert not Order.objects.exists()
        assert not StockLevel.objects.exists()

    def test_exits_non_zero_when_a_row_is_not_booked(
        self, working: None, tmp_path: Path, queues: Queues
    ) -> None:
        replay(tmp_path)
        Refund.objects.filter(reference__contains="sales.csv:11").update(
            amount_minor=1, lines_minor=1
        )

        with pytest.raises(CommandError, match="Not every row"):
            replay(tmp_path)

    def test_explains_a_folder_without_sales(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="no CSV file"):
            call_command("replay_orders", tmp_path)
