"""A row that PostgreSQL breaks off is a row that was not booked; the others are."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import OperationalError, connection

from apps.backfill.services import bookings
from apps.backfill.types import Plan, Row


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

        def adjust(row: Row) -> None:
            if row.invoice == "A2":
                with connection.cursor() as cursor:
                    cursor.execute(self.statement)
            booked.append(row.invoice)

        monkeypatch.setattr(bookings, "_adjust", adjust)
        return booked

    def test_goes_on_after_a_row_that_took_too_long(self, booked: list[str]) -> None:
        self.statement = "SET LOCAL statement_timeout = 50; SELECT pg_sleep(5)"
        plan = plan_of(adjustment(1), adjustment(2), adjustment(3))

        failures = bookings.settle(plan, progress=lambda: None)

        assert booked == ["A1", "A3"]
        assert "statement timeout" in failures["sales.csv:2"]

    def test_ends_where_the_database_is_away(self, booked: list[str]) -> None:
        self.statement = "SELECT pg_terminate_backend(pg_backend_pid())"
        plan = plan_of(adjustment(1), adjustment(2), adjustment(3))

        with pytest.raises(OperationalError):
            bookings.settle(plan, progress=lambda: None)

        assert booked == ["A1"]
