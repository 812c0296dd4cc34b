"""Two deliveries that complete one order at the same moment announce it, once."""

import time

import pytest

from apps.events.models import OutboxMessage
from apps.inventory.events import BackorderFilled
from apps.inventory.models import MovementReason, Reservation
from apps.inventory.services import backorders, move_stock
from tests.factories.inventory import keep, promise
from tests.races import race


def complete_from_both_sides(monkeypatch: pytest.MonkeyPatch) -> int:
    """One order waits for two SKUs, which arrive at once; returns how often it was called complete."""
    skus = [keep({"main": 0}, backorder_limit=1) for _ in range(2)]
    promise(dict.fromkeys(skus, 1))
    look = backorders._lock

    def look_long(*arguments: object, **fields: object) -> list:
        promises = look(*arguments, **fields)
        time.sleep(0.2)
        return promises

    monkeypatch.setattr(backorders, "_lock", look_long)
    race(
        lambda number: move_stock(
            sku=skus[number], quantity=1, reason=MovementReason.RECEIVED, warehouse="main"
        ),
        runners=2,
    )
    assert not Reservation.objects.filter(backordered__gt=0).exists()
    return OutboxMessage.objects.filter(type=BackorderFilled.type).count()


@pytest.mark.django_db(transaction=True)
class TestTwoArrivals:
    @pytest.mark.usefixtures("explained")
    def test_call_the_order_complete_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert complete_from_both_sides(monkeypatch) == 1

    def test_would_both_miss_it_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The negative control: each sees the other's line still waiting."""
        monkeypatch.setattr(
            backorders, "_WAITING", backorders._WAITING.replace("FOR UPDATE OF promise", "")
        )

        assert complete_from_both_sides(monkeypatch) == 0
