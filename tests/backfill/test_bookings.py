"""A row that PostgreSQL breaks off is a row that was not booked; the others are."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import OperationalError, connection

from apps.backfill.rules import reference_of
from apps.backfill.services import bookings
from apps.backfill.types import Plan, PlannedAdjustment, Row
from apps.jobs.models import Job
from apps.jobs.selectors import list_errors
from apps.jobs.services import run_job


def adjustment(line: int) -> Row:
    return Row(
        source=f"sales.csv:{line}",
        invoice=f"A{line}",
        code="OAK",
        description="counted",
        quantity=1,
        sold_at=datetime(2026, 1, 1, tzinfo=UTC),
        unit_price=Decimal(0),
        customer="",
        country="",
    )


def plan_of(*adjustments: Row) -> Plan:
    return Plan(
        orders=(),
        returns=(),
        credits=(),
        adjustments=adjustments,
        rejected=(),
        classes={},
        rows=adjustments,
        opening_stock={},
    )


@pytest.mark.django_db(transaction=True)
class TestSettle:
    @pytest.fixture
    def booked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The invoices of the rows that were booked; that of the second fails as `statement` does."""
        booked: list[str] = []

        def adjust(booking: PlannedAdjustment) -> None:
            if booking.row.invoice == "A2":
                with connection.cursor() as cursor:
                    cursor.execute(self.statement)
            booked.append(booking.row.invoice)

        monkeypatch.setattr(bookings, "_book", adjust)
        return booked

    def start(self) -> Job:
        job = bookings.start_settlement(plan_of(adjustment(1), adjustment(2), adjustment(3)))
        assert job is not None
        return job

    def test_goes_on_after_a_row_that_took_too_long(self, booked: list[str]) -> None:
        self.statement = "SET LOCAL statement_timeout = 50; SELECT pg_sleep(5)"
        job = self.start()

        run_job(job_id=job.pk)

        assert booked == ["A1", "A3"]
        ((line, key, why),) = list_errors(job.pk)
        assert (line, key) == (2, reference_of(adjustment(2)))
        assert "statement timeout" in why

    def test_ends_where_the_database_is_away(self, booked: list[str]) -> None:
        self.statement = "SELECT pg_terminate_backend(pg_backend_pid())"

        with pytest.raises(OperationalError):
            run_job(job_id=self.start().pk)

        assert booked == ["A1"]

    def test_of_nothing_is_no_job(self) -> None:
        assert bookings.start_settlement(plan_of()) is None
        assert not Job.objects.exists()
