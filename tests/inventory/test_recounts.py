"""The nightly recount reports what does not add up, and repairs nothing by itself."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.inventory.errors import DriftStands
from apps.inventory.models import Movement, MovementReason, Reservation, StockDrift, StockLevel
from apps.inventory.services import adopt_computed, move_stock, recount, recounts, ship_stock
from apps.inventory.tasks import recount as recount_task
from apps.inventory.types import Recount
from tests.factories.accounts import UserFactory
from tests.factories.inventory import keep, level_of, promise
from tests.queues import Queues

pytestmark = pytest.mark.django_db


def busy_level() -> str:
    """A SKU that was sold, shipped and back-ordered; all of it explained."""
    sku = keep({"main": 6, "reno": 3}, backorder_limit=4)
    order = promise({sku: 7})
    ship_stock(reference=order, warehouse="main", quantities={sku: 2}, key="P1")
    promise({sku: 4})
    move_stock(sku=sku, quantity=1, reason=MovementReason.RECEIVED)
    return sku


def drifts() -> list[tuple[str, int, int]]:
    found = StockDrift.objects.filter(settled_at=None).order_by("figure")
    return list(found.values_list("figure", "recorded", "computed"))


class TestRecount:
    def test_finds_nothing_where_all_adds_up(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        busy_level()

        # For each piece its end, a savepoint, the differences and those known; then what is left of old ones.
        with django_assert_num_queries(5 + 3):
            assert recount().differences == 0

        assert not StockDrift.objects.exists()

    def test_reports_each_figure_and_repairs_none(
        self, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sku = keep({"main": 6})
        promise({sku: 2})
        StockLevel.objects.update(on_hand=9, reserved=3, backordered=1)

        assert recount_task() == 3

        assert drifts() == [("backordered", 1, 0), ("on_hand", 9, 6), ("reserved", 3, 2)]
        assert level_of(sku) == (9, 3, 1)
        assert caplog.messages == ["stock drift: 3 figures are not what they add up to"]
        assert '"StockDrift": [3]' in capsys.readouterr().out

    def test_reports_anew_what_was_settled_and_has_come_back(self) -> None:
        sku = keep({"main": 6})
        for wrong in (9, 6, 8):
            StockLevel.objects.filter(variant=sku).update(on_hand=wrong)
            recount()

        found = StockDrift.objects.order_by("pk")
        assert [(one.recorded, one.settled_at is None) for one in found] == [(9, False), (8, True)]

    def test_reports_a_promise_without_a_level(self) -> None:
        promise({keep({"main": 6}): 2})
        StockLevel.objects.all().delete()

        recount()

        assert drifts() == [("on_hand", 0, 6), ("reserved", 0, 2)]

    def test_keeps_one_row_until_the_difference_is_gone(self) -> None:
        keep({"main": 6})
        for on_hand in (7, 8):
            StockLevel.objects.update(on_hand=on_hand)
            recount()
        assert drifts() == [("on_hand", 8, 6)]

        StockLevel.objects.update(on_hand=6)
        recount()

        drift = StockDrift.objects.get()
        assert drift.settled_at is not None
        assert drift.settled_by is None


class TestPieces:
    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recounts, "_PIECE", 2)

    def test_find_what_one_look_at_everything_would(self) -> None:
        skus = sorted(keep({"main": 6}) for _ in range(5))
        StockLevel.objects.filter(variant__sku__in=[skus[0], skus[4]]).update(on_hand=9)
        StockLevel.objects.filter(variant__sku=skus[2]).delete()

        assert recount() == Recount(differences=3, stopped_at="")

        found = StockDrift.objects.order_by("sku").values_list("sku", "recorded", "computed")
        assert list(found) == [(skus[0], 9, 6), (skus[2], 0, 6), (skus[4], 9, 6)]

    def test_end_in_time_and_the_next_task_goes_on(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        skus = sorted(keep({"main": 6}) for _ in range(5))
        StockLevel.objects.update(on_hand=7)
        monkeypatch.setattr(recounts, "seconds_left", lambda: 1.0)

        assert recount_task() == 2

        for _ in range(3):
            queues.run("bulk")
        assert sorted(StockDrift.objects.values_list("sku", flat=True)) == skus

    def test_settle_what_nothing_is_left_of(self) -> None:
        sku = keep({"main": 6})
        StockLevel.objects.update(on_hand=7)
        recount()
        StockLevel.objects.all().delete()
        Movement.objects.all().delete()

        assert recount().differences == 0

        assert StockDrift.objects.get(sku=sku).settled_at is not None


class TestAdoptComputed:
    def test_takes_the_computed_figure_over_and_remembers_who(self) -> None:
        sku, clerk = keep({"main": 6}), UserFactory.create()
        promise({sku: 2})
        StockLevel.objects.update(on_hand=9, reserved=1)
        recount()
        for drift in StockDrift.objects.all():
            assert adopt_computed(drift_id=drift.pk, actor_id=clerk.pk) is True
            assert adopt_computed(drift_id=drift.pk, actor_id=clerk.pk) is False

        assert level_of(sku) == (6, 2, 0)
        assert set(StockDrift.objects.values_list("settled_by", flat=True)) == {clerk.pk}
        assert recount().differences == 0

    def test_looks_again_at_what_it_takes_over(self) -> None:
        sku = keep({"main": 6})
        StockLevel.objects.update(on_hand=9)
        recount()
        move_stock(sku=sku, quantity=-2, reason=MovementReason.WRITTEN_OFF)

        adopt_computed(drift_id=StockDrift.objects.get().pk, actor_id=None)

        assert level_of(sku) == (4, 0, 0)

    def test_refuses_what_would_promise_more_than_there_is(self) -> None:
        sku = keep({"main": 6})
        promise({sku: 2})
        StockLevel.objects.update(reserved=0)
        Reservation.objects.update(quantity=7)
        recount()

        with pytest.raises(DriftStands):
            adopt_computed(drift_id=StockDrift.objects.get().pk, actor_id=None)

        assert level_of(sku) == (6, 0, 0)
        assert drifts() == [("reserved", 0, 7)]
