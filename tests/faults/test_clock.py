"""Clocks that are wrong, and days that are odd (F17): nothing expires early, late or twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine as clock
from celery import current_app
from django.conf import settings

from apps.checkout.errors import QuoteExpired
from apps.checkout.services import place, sign_quote
from apps.checkout.types import Quote
from apps.core.rules import digest_of
from apps.inventory.models import Reservation
from apps.orders.models import Order
from apps.orders.services import expire_unpaid_orders
from apps.orders.types import DRAFT_VERSION
from apps.shipping.models import Shipment
from apps.shipping.services import give_up_overdue
from tests.factories.checkout import ways
from tests.factories.orders import make_draft
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay

SECRET = "a guest's own secret"
SKEW = timedelta(minutes=10)
MOMENTS = {
    "an ordinary noon": datetime(2026, 11, 18, 12, 0, tzinfo=UTC),
    "the hour that Europe's summer time skips": datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC),
    "the hour that comes twice": datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC),
    "a month's last second": datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, 23, 50, tzinfo=UTC),
    "a year's last second": datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
}

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("emulator")]


def place_at(moment: datetime, *, token: str, quoted: timedelta = timedelta()) -> None:
    """Place a quote of half an hour that was made `quoted` before, by the web server's clock."""
    quote = Quote(
        version=DRAFT_VERSION,
        draft=make_draft(lines={stock_variant(on_hand=10).sku: 1}),
        expires_at=moment - quoted + timedelta(minutes=30),
        holder_digest=digest_of(text=SECRET),
    )
    place(
        document=sign_quote(quote).document,
        payments=ways(token),
        now=moment,
        secret=SECRET,
    )


class TestSkewedClocks:
    @pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
    @pytest.mark.parametrize("skew", [-SKEW, timedelta(), SKEW], ids=["slow", "right", "fast"])
    def test_of_workers_neither_refuse_nor_expire_an_order(
        self, moment: datetime, skew: timedelta, queues: Queues
    ) -> None:
        with clock.travel(moment, tick=False):
            place_at(moment, token="tok_3ds", quoted=timedelta(minutes=29))
        waiting = queues.wait_for("orders")
        with clock.travel(moment + skew, tick=False):
            queues.run_tasks(waiting)

            order = Order.objects.get()
            assert (order.status, order.pay_by) == (
                "awaiting_payment",
                moment + timedelta(minutes=settings.GUEST_HOLD_MINUTES),
            )
            assert expire_unpaid_orders() == 0
            assert Reservation.objects.get().expires_at == order.pay_by
        with clock.travel(order.pay_by + timedelta(seconds=1), tick=False):
            assert expire_unpaid_orders() == 1
            while relay():
                pass

    @pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
    def test_give_a_shipment_five_times_24_hours(self, moment: datetime, queues: Queues) -> None:
        with clock.travel(moment, tick=False):
            place_at(moment, token="tok_success")
        waiting = queues.wait_for("orders")
        with clock.travel(moment, tick=False):
            queues.run_tasks(waiting)
            relay()
            assert Shipment.objects.get().due_at == moment + timedelta(hours=120)
        with clock.travel(moment + timedelta(hours=120), tick=False):
            assert give_up_overdue() == 0
        with clock.travel(moment + timedelta(hours=120, seconds=1), tick=False):
            assert give_up_overdue() == 1
            while relay():
                pass
            queues.run("refunds")
            relay()

        assert Order.objects.get().status == "cancelled"

    @pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
    def test_let_a_quote_be_placed_to_its_last_second(
        self, moment: datetime, queues: Queues
    ) -> None:
        place_at(moment, token="tok_success", quoted=timedelta(minutes=30))
        with pytest.raises(QuoteExpired):
            place_at(moment, token="tok_success", quoted=timedelta(minutes=30, seconds=1))

        assert len(queues.wait_for("orders")) == 1

    def test_are_written_down(self, reached: Callable[..., None]) -> None:
        reached(
            "F17",
            f"workers' clocks 10 min slow and fast, at {len(MOMENTS)} odd moments",
            to_reach="no order refused or expired early; five days are 120 hours",
            number=f"{len(MOMENTS) * 5} runs, all as with a right clock",
        )

    @pytest.mark.control
    def test_would_refuse_orders_judged_by_the_workers_clock(
        self, queues: Queues, monkeypatch: pytest.MonkeyPatch, reached: Callable[..., None]
    ) -> None:
        """The control: a worker that judges by its own clock when a message was accepted."""
        import msgspec

        from apps.orders.services import intake

        parse = intake._parse
        moment = MOMENTS["an ordinary noon"]
        late = timedelta(minutes=31)

        def judged_here(request: object) -> object:
            now = datetime.now(UTC)
            return msgspec.structs.replace(parse(request), accepted_at=now - late)

        monkeypatch.setattr(intake, "_parse", judged_here)
        current_app.loader.import_default_modules()
        with clock.travel(moment, tick=False):
            place_at(moment, token="tok_3ds")
        waiting = queues.wait_for("orders")
        with clock.travel(moment, tick=False):
            queues.run_tasks(waiting)
            expired = expire_unpaid_orders()

        assert expired == 1
        reached(
            "F17",
            "… control: the time of acceptance taken from a wrong clock",
            to_reach="orders expire early",
            number=f"{expired} of 1 expired at once",
        )
