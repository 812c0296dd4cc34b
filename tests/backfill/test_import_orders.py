"""The whole move, through the queue and a worker; interrupted, repeated, in the shadow."""

import csv
import json
import threading
import time
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.backfill import services
from apps.backfill.selectors import dead_orders
from apps.backfill.services import completion
from apps.core.gateways import aws_client
from apps.deadletters.models import DeadLetter
from apps.events.models import Delivery, OutboxMessage
from apps.inventory.models import StockLevel
from apps.jobs.models import Job, JobRow
from apps.jobs.services import run_job
from apps.notifications.models import Message
from apps.orders.models import Order
from apps.payments.models import Payment
from apps.refunds.models import Refund
from tests.backfill.conftest import at_work
from tests.backfill.test_rules import SALES
from tests.factories.shop import stock_variant
from tests.queues import Queues

pytestmark = pytest.mark.django_db(transaction=True)


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


def run_import(tmp_path: Path, **options: Any) -> str:
    out = StringIO()
    rejects = tmp_path / "rejects.csv"
    call_command("import_orders", SALES, rejects=rejects, stdout=out, stderr=StringIO(), **options)
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


class TestImportOrders:
    def test_accounts_for_every_row(self, working: None, tmp_path: Path) -> None:
        table = run_import(tmp_path)

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
        run_import(tmp_path)
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

    def test_keeps_every_promise_of_the_shop(
        self, working: None, tmp_path: Path, queues: Queues
    ) -> None:
        run_import(tmp_path)
        wait_until_quiet()

        call_command("check_shop")

    def test_gives_nothing_back_of_what_was_never_sold(
        self, working: None, queues: Queues, tmp_path: Path
    ) -> None:
        """The shop has none of it: the sale is rejected, and what came back of it is no refund."""
        stock_variant(sku="20001", on_hand=0)

        with pytest.raises(CommandError, match="Not every row"):
            run_import(tmp_path)

        assert Order.objects.filter(status="rejected").exists()
        failed = JobRow.objects.filter(state="failed").values_list("error", flat=True)
        assert "what it gives back was not booked" in failed
        assert not [why for why in failed if "error of ours" in why]

    def test_changes_nothing_when_run_twice(
        self, working: None, tmp_path: Path, queues: Queues
    ) -> None:
        first = run_import(tmp_path)
        wait_until_quiet()
        before = state()

        second = run_import(tmp_path)
        wait_until_quiet()

        assert second == first
        assert state() == before

    def test_resumes_where_it_was_interrupted(
        self, working: None, tmp_path: Path, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stop(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as interrupted:
            interrupted.setattr(services, "start_settlement", stop)
            with pytest.raises(KeyboardInterrupt):
                run_import(tmp_path)
        assert not Refund.objects.exists()

        assert "unaccounted                  0" in run_import(tmp_path)

    def test_in_the_shadow_reports_and_writes_nothing(self, tmp_path: Path) -> None:
        table = run_import(tmp_path, shadow=True)

        assert "unaccounted                  0" in table
        assert not Order.objects.exists()
        assert not StockLevel.objects.exists()

    def test_exits_non_zero_when_a_row_is_not_booked(
        self, working: None, tmp_path: Path, queues: Queues
    ) -> None:
        run_import(tmp_path)
        Refund.objects.filter(reference__contains="sales.csv:11").update(
            amount_minor=1, lines_minor=1
        )

        with pytest.raises(CommandError, match="Not every row"):
            run_import(tmp_path)

    def test_explains_a_folder_without_sales(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="no CSV file"):
            call_command("import_orders", tmp_path)


class TestImportOrdersThatGoesWrong:
    @pytest.fixture(autouse=True)
    def _patience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(completion, "_EMPTY_SECONDS", 2.0)
        monkeypatch.setattr(completion, "_SILENT_SECONDS", 4.0)

    def send_all(self) -> list[Any]:
        """What a run does that is killed while it waits."""
        orders = services.plan_sales(services.read_sales(SALES)).orders
        services.make_catalogue(services.plan_sales(services.read_sales(SALES)))
        if job := services.start_placement(services.list_unsent(orders)):
            run_job(job_id=job.pk)
        return list(orders)

    def test_books_a_bad_debt_as_a_credit(
        self, working: None, tmp_path: Path, queues: Queues
    ) -> None:
        file = tmp_path / "bad-debt.csv"
        file.write_text(
            SALES.read_text().splitlines()[0]
            + "\nA563186,B,Adjust bad debt,1,2011-08-12 14:51:00,-11062.06,,United Kingdom\n"
        )

        call_command("import_orders", file, rejects=tmp_path / "rejects.csv", stderr=StringIO())

        assert [(one.kind, one.amount_minor) for one in Refund.objects.all()] == [
            ("credit", 1106206)
        ]
        assert not Order.objects.exists()

    def test_does_not_send_again_what_waits_in_the_queue(
        self, queues: Queues, tmp_path: Path
    ) -> None:
        orders = self.send_all()
        assert queues.unfinished("orders") == len(orders)

        self.send_all()

        assert queues.unfinished("orders") == len(orders)

    def test_lets_an_earlier_run_place_what_it_has_begun(
        self, queues: Queues, tmp_path: Path, working: None
    ) -> None:
        plan = services.plan_sales(services.read_sales(SALES))
        services.make_catalogue(plan)
        services.start_placement(plan.orders)

        assert "unaccounted                  0" in run_import(tmp_path)

        assert Job.objects.filter(work=services.PLACE).count() == 1

    def test_says_that_a_person_has_stopped_it(self, queues: Queues, tmp_path: Path) -> None:
        def stop_it() -> None:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and not Job.objects.update(state="stopped"):
                time.sleep(0.05)
            connection.close()

        staff = threading.Thread(target=stop_it)
        staff.start()
        with pytest.raises(CommandError, match=r"was stopped .* go on there"):
            run_import(tmp_path)
        staff.join()

    def test_says_that_no_worker_runs_only_while_something_waits(
        self, queues: Queues, tmp_path: Path
    ) -> None:
        with pytest.raises(CommandError, match="Does a worker run"):
            run_import(tmp_path)

    def test_a_worker_that_clears_repeats_away_is_not_silent(
        self, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counts = iter(range(1_000, 0, -1))
        monkeypatch.setattr(completion.gateways, "count_waiting", lambda: next(counts))
        monkeypatch.setattr(completion, "_LOOK_SECONDS", 0.5)
        orders = self.send_all()
        looks: list[int] = []

        def look(settled: int) -> None:
            looks.append(settled)
            if len(looks) > 2 * completion._SILENT_SECONDS / completion._LOOK_SECONDS:
                queues.run("orders")

        lost = completion.await_orders(
            [order.id for order in orders], send_again=lambda _: None, progress=look
        )

        assert not lost

    def test_sends_again_what_the_queue_has_lost(
        self, queues: Queues, tmp_path: Path, working: None
    ) -> None:
        orders = self.send_all()
        queues.purge()
        assert services.list_unsent(orders) == []

        assert "unaccounted                  0" in run_import(tmp_path)

    def test_ends_at_dead_letters_and_names_them(
        self, queues: Queues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """SQS sets a message aside that was received too often; all else is booked."""
        orders = self.send_all()
        for envelope in queues.take("orders"):
            if envelope["headers"]["id"] == str(orders[0].id):
                aws_client("sqs").send_message(
                    QueueUrl=queues.url("orders-dlq"), MessageBody=json.dumps(envelope)
                )
            else:
                queues.run_tasks([envelope])
        out = StringIO()

        with at_work(queues), pytest.raises(CommandError, match="Not every row"):
            call_command(
                "import_orders", SALES, rejects=tmp_path / "r.csv", stdout=out, stderr=StringIO()
            )

        letter = DeadLetter.objects.get()
        DeadLetter.objects.create(
            queue="orders-dlq",
            message_id="m",
            identity="another",
            body="{}",
            sent_at=letter.sent_at,
        )
        with CaptureQueriesContext(connection) as captured:
            assert set(dead_orders([one.id for one in orders])) == {orders[0].id}
        (query,) = captured.captured_queries
        assert '"identity" IN' in query["sql"]
        assert '"body"' not in query["sql"]
        assert f"sales.csv:2: not booked as order line: dead letter {letter.pk}" in out.getvalue()
        assert "sales.csv:11: not booked as return line: what it gives back" in out.getvalue()
        # Credits of other sales are booked all the same, and nothing is sent once more.
        assert Refund.objects.filter(kind="credit").count() == 3
        assert queues.unfinished("orders") == 0
