"""What is given back can be promised to others, once."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.events.models import OutboxMessage
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services import (
    keep_reservation,
    release_expired,
    release_parcel,
    release_stock,
    releases,
    ship_stock,
)
from tests.factories.inventory import keep, level_of, promise

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("explained")]


class TestReleaseStock:
    def test_gives_back_once(self) -> None:
        first, second = keep({"london": 2, "reno": 5}), keep({"reno": 5})
        order, other = promise({first: 6, second: 2}), promise({second: 1})

        for _ in range(2):
            release_stock(reference=order)

        assert level_of(first, "london") == (2, 0, 0)
        assert level_of(first, "reno") == (5, 0, 0)
        assert level_of(second, "reno") == (5, 1, 0)
        assert Reservation.objects.get(released_at=None).reference == other

    def test_asks_as_often_for_many_lines_as_for_one(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        one = promise({keep({"main": 5}): 1})
        many = promise({keep({"main": 5, "reno": 5}): 6 for _ in range(5)})

        for order in (one, many):
            # Levels, promises, both changed at once; and a savepoint for the test's transaction.
            with django_assert_num_queries(3 + 2):
                release_stock(reference=order)

    def test_leaves_what_has_shipped(self) -> None:
        sku = keep({"main": 3})
        order = promise({sku: 3})
        ship_stock(reference=order, warehouse="main", quantities={sku: 1}, key="P1")

        for _ in range(2):
            release_stock(reference=order)

        assert level_of(sku) == (2, 0, 0)
        reservation = Reservation.objects.get()
        assert (reservation.quantity, reservation.shipped) == (1, 1)

    def test_serves_those_who_wait(self) -> None:
        sku = keep({"main": 3}, backorder_limit=2)
        first, second = promise({sku: 2}), promise({sku: 3})

        release_stock(reference=first)

        assert level_of(sku) == (3, 3, 0)
        assert Reservation.objects.get(reference=second).backordered == 0


class TestReleaseParcel:
    def test_leaves_the_other_house_alone(self) -> None:
        sku = keep({"london": 3, "reno": 2})
        order = promise({sku: 5})

        release_parcel(reference=order, warehouse="reno", quantities={sku: 2}, is_packed=True)

        assert (level_of(sku, "london"), level_of(sku, "reno")) == ((3, 3, 0), (2, 0, 0))

    def test_of_a_packed_parcel_serves_those_who_wait_the_order_itself_among_them(self) -> None:
        sku = keep({"main": 3}, backorder_limit=2)
        order = promise({sku: 5})

        release_parcel(reference=order, warehouse="main", quantities={sku: 3}, is_packed=True)

        assert level_of(sku) == (3, 2, 0)
        assert OutboxMessage.objects.filter(
            type="inventory.backorder.filled.v1", subject=str(order)
        ).exists()

    def test_of_a_parcel_that_waits_leaves_the_packed_one(self) -> None:
        sku = keep({"main": 3}, backorder_limit=2)
        order = promise({sku: 5})

        release_parcel(reference=order, warehouse="main", quantities={sku: 2}, is_packed=False)

        assert level_of(sku) == (3, 3, 0)
        assert Reservation.objects.get(released_at=None).backordered == 0


def late(sku: str, *, by: timedelta = releases.EXPIRY_GRACE) -> UUID:
    """An order that has one unit promised, which ran out that long ago."""
    return promise({sku: 1}, expires_at=timezone.now() - by - timedelta(minutes=1))


class TestReleaseExpired:
    def test_frees_what_nobody_came_for(self, caplog: pytest.LogCaptureFixture) -> None:
        sku = keep({"main": 5})
        late(sku)
        recent, kept = late(sku, by=timedelta(0)), promise({sku: 1})

        assert release_expired() == 1
        assert release_expired() == 0

        assert level_of(sku) == (5, 2, 0)
        still = Reservation.objects.filter(released_at=None).values_list("reference", flat=True)
        assert set(still) == {recent, kept}
        assert caplog.messages == ["inventory released the expired promises of 1 orders"]

    @pytest.mark.django_db(transaction=True)
    def test_one_that_cannot_be_freed_keeps_no_other(self) -> None:
        skus = [keep({"main": 5}) for _ in range(4)]
        for sku in skus:
            late(sku)
        StockLevel.objects.filter(variant__in=skus[:3]).update(reserved=0)

        assert release_expired() == 1
        assert level_of(skus[3]) == (5, 0, 0)
        StockLevel.objects.filter(variant__in=skus[:3]).update(reserved=1)

    def test_leaves_what_was_paid_at_the_last_moment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sku = keep({"main": 5})
        order = late(sku)
        _pay_before(monkeypatch, order)

        assert release_expired() == 0
        assert level_of(sku) == (5, 1, 0)

    def test_would_free_it_without_looking_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The negative control: the same moment, without the second look under the lock."""
        sku = keep({"main": 5})
        order = late(sku)
        _pay_before(monkeypatch, order)
        blind = releases._MINE.replace("expires_at < %s", "%s::timestamptz IS NOT NULL")
        monkeypatch.setattr(releases, "_MINE", blind)

        assert release_expired() == 1
        assert level_of(sku) == (5, 0, 0)


def _pay_before(monkeypatch: pytest.MonkeyPatch, order: UUID) -> None:
    """Let the payment arrive after the order was found late, and before its units are freed."""
    look: Callable[..., list] = releases._lock_levels

    def pay_first(reference: UUID) -> list:
        assert keep_reservation(reference=order)
        return look(reference)

    monkeypatch.setattr(releases, "_lock_levels", pay_first)
