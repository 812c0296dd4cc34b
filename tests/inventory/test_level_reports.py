"""A partner's report is applied once, and never over a later one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import InvalidInput
from apps.inventory.errors import UnknownWarehouse
from apps.inventory.models import Movement, MovementReason, StockLevel
from apps.inventory.services import apply_report, ship_stock
from tests.factories.catalog import VariantFactory
from tests.factories.inventory import keep, level_of, promise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("explained")]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def report(*rows: object, minutes: int = 0, **fields: Any) -> list[tuple[str, str, int | None]]:
    """SKU, status (or the code of a refusal) and units on hand of each row."""
    sent_at = NOON + timedelta(minutes=minutes)
    results = apply_report(
        **{"warehouse": "main", "source": "wms", "sent_at": sent_at, "rows": rows, **fields}
    )
    return [(one.sku, one.code or one.status, one.on_hand) for one in results]


class TestApplyReport:
    def test_sets_what_is_on_hand_and_says_so_row_by_row(self) -> None:
        more, fewer, same = keep({"main": 5}), keep({"main": 5}), keep({"main": 5})

        results = report(
            {"sku": fewer, "on_hand": 2}, {"sku": more, "on_hand": 7}, {"sku": same, "on_hand": 5}
        )

        assert results == [(fewer, "changed", 2), (more, "changed", 7), (same, "unchanged", 5)]
        movement = Movement.objects.get(sku=more, reason=MovementReason.REPORTED)
        assert (movement.quantity, movement.note) == (2, "wms")

    def test_a_repeat_changes_nothing_even_when_units_have_left_since(self) -> None:
        sku = keep({"main": 5})
        rows = [{"sku": sku, "on_hand": 8}]
        report(*rows)
        ship_stock(reference=promise({sku: 3}), warehouse="main", quantities={sku: 3}, key="P1")

        assert report(*rows) == [(sku, "unchanged", 5)]
        assert level_of(sku) == (5, 0, 0)

    def test_a_row_with_a_key_is_applied_once_whenever_it_is_sent(self) -> None:
        sku = keep({"main": 5})
        row = {"sku": sku, "on_hand": 8, "key": "row-1"}
        report(row)
        report({"sku": sku, "on_hand": 6}, minutes=1)

        assert report(row, minutes=2) == [(sku, "unchanged", 6)]

    def test_an_older_report_is_stale(self) -> None:
        sku, other = keep({"main": 5}), keep({"main": 5})
        report({"sku": sku, "on_hand": 5}, minutes=1)

        results = report({"sku": sku, "on_hand": 9}, {"sku": other, "on_hand": 9})

        assert results == [(sku, "older_report", 5), (other, "changed", 9)]
        assert (
            apply_report(
                warehouse="main", source="", sent_at=NOON, rows=[{"sku": sku, "on_hand": 1}]
            )[0].status
            == "stale"
        )

    def test_fewer_than_are_promised_wait_for_the_shipment_to_be_told(self) -> None:
        sku = keep({"main": 5})
        order = promise({sku: 4})

        assert report({"sku": sku, "on_hand": 3}) == [(sku, "below_promised", 5)]
        assert StockLevel.objects.get().reported_at is None
        ship_stock(reference=order, warehouse="main", quantities={sku: 2}, key="P1")
        assert report({"sku": sku, "on_hand": 3}) == [(sku, "unchanged", 3)]

    @pytest.mark.parametrize(
        "row",
        [
            None,
            "text",
            [],
            {"on_hand": 3},
            {"sku": 7, "on_hand": 3},
            {"sku": "A"},
            {"sku": "A", "on_hand": -1},
            {"sku": "A", "on_hand": 1.5},
            {"sku": "A", "on_hand": "3"},
            {"sku": "A", "on_hand": True},
            {"sku": "A", "on_hand": 2**31},
            {"sku": "A\x00", "on_hand": None},
            {"sku": "A", "on_hand": 3, "key": "k" * 65},
        ],
    )
    def test_a_row_that_cannot_be_read_hinders_no_other(self, row: object) -> None:
        sku = keep({"main": 5})

        (bad, good) = report(row, {"sku": sku, "on_hand": 3})

        assert bad[1:] == ("not_a_row", None)
        assert good == (sku, "changed", 3)

    @pytest.mark.parametrize("units", ["12.0000", 12.5, -1, True, None, float("inf"), 1e300])
    def test_a_row_that_cannot_be_read_does_not_take_its_sku(self, units: object) -> None:
        sku = keep({"main": 5})

        (bad, good) = report({"sku": sku, "on_hand": units}, {"sku": sku, "on_hand": 3})

        assert (bad[1], good) == ("not_a_row", (sku, "changed", 3))

    def test_a_number_without_a_fraction_is_a_count(self) -> None:
        sku = keep({"main": 5})

        assert report({"sku": sku, "on_hand": 12.0}) == [(sku, "changed", 12)]

    def test_what_is_not_sold_or_listed_twice_is_named(self) -> None:
        sku, elsewhere = keep({"main": 5}), VariantFactory.create().sku

        results = report(
            {"sku": "NO\x00PE", "on_hand": 1},
            {"sku": sku, "on_hand": 3},
            {"sku": sku, "on_hand": 4},
            {"sku": elsewhere, "on_hand": 2},
        )

        assert [result[1] for result in results] == [
            "unknown_stock",
            "changed",
            "listed_twice",
            "changed",
        ]
        assert (level_of(sku), level_of(elsewhere)) == ((3, 0, 0), (2, 0, 0))

    def test_serves_those_who_wait(self) -> None:
        sku = keep({"main": 0}, backorder_limit=3)
        promise({sku: 3})

        report({"sku": sku, "on_hand": 4})

        assert level_of(sku) == (4, 3, 0)

    def test_asks_as_often_for_a_thousand_rows_as_for_one(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for minutes, number in enumerate((1, 30)):
            rows = [{"sku": keep({"main": 5}), "on_hand": 3} for _ in range(number)]
            # House, levels, movements, change, policies, time of the report; and a savepoint.
            with django_assert_num_queries(6 + 2):
                report(*rows, minutes=minutes)

    def test_refuses_a_report_from_the_future(self) -> None:
        with pytest.raises(InvalidInput):
            report(sent_at=timezone.now() + timedelta(minutes=6))

    def test_refuses_a_house_it_does_not_know(self) -> None:
        with pytest.raises(UnknownWarehouse):
            report(warehouse="nowhere")
