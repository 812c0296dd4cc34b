"""From a paid order to delivered parcels: fulfilment tells in any order, and time gives up what is late."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from apps.core.checks import check_shop
from apps.core.errors import NotFound, SignatureInvalid
from apps.core.rules import sign
from apps.events.models import OutboxMessage
from apps.inventory.models import Movement, StockLevel, StockPolicy, Warehouse
from apps.inventory.services import count_stock, move_stock, set_opening_stock
from apps.orders.errors import AlreadyShipped
from apps.orders.models import Order
from apps.orders.services import cancel_order
from apps.shipping.errors import CallbackMalformed, ShipmentWithdrawn
from apps.shipping.models import FulfilmentCallback, Shipment
from apps.shipping.rules import Verdict
from apps.shipping.services import (
    delivery_tracking,
    give_up_overdue,
    plan_shipments,
    receive_callback,
)
from tests.doors import enter
from tests.doors import tell as tell_door
from tests.factories.catalog import VariantFactory
from tests.factories.inventory import level_of
from tests.factories.orders import make_order
from tests.factories.shipping import call_back, make_callback, make_shipments, tell
from tests.factories.shop import stock_variant
from tests.races import race
from tests.relays import relay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quiet_queues(queues) -> None:
    """Wake-ups go to the stage's queues, and nobody listens."""


def levels(sku: str) -> tuple[int, int]:
    """On hand and reserved, over all houses."""
    rows = StockLevel.objects.filter(variant=sku).values_list("on_hand", "reserved")
    return sum(row[0] for row in rows), sum(row[1] for row in rows)


def status_of(order_id: UUID) -> tuple[str, str]:
    order = Order.objects.get(pk=order_id)
    return order.status, order.reason


def shipped_and_cancelled(order_id: UUID) -> list[tuple[int, int]]:
    lines = Order.objects.get(pk=order_id).lines.order_by("position")
    return list(lines.values_list("shipped_quantity", "cancelled_quantity"))


def announced(prefix: str) -> list[str]:
    types = OutboxMessage.objects.filter(type__startswith=prefix).order_by("id")
    return list(types.values_list("type", flat=True))


def split_variant() -> tuple[str, str]:
    """Two SKUs that lie in different houses."""
    Warehouse.objects.create(code="north", name="North", priority=1)
    Warehouse.objects.create(code="south", name="South", priority=2)
    here, there = VariantFactory.create().sku, VariantFactory.create().sku
    set_opening_stock(quantities={here: 10}, reference="north", warehouse="north")
    set_opening_stock(quantities={there: 10}, reference="south", warehouse="south")
    return here, there


class TestPlanShipments:
    def test_asks_fulfilment_for_one_parcel_per_house(self) -> None:
        here, there = split_variant()

        first, second = make_shipments(lines={here: 2, there: 1})

        assert [(one.warehouse, one.status) for one in (first, second)] == [
            ("north", "requested"),
            ("south", "requested"),
        ]
        assert first.due_at == first.requested_at + timedelta(days=5)
        assert first.number == f"{first.order.number}-1"
        requested = OutboxMessage.objects.filter(type="shipping.shipment.requested.v1")
        assert [one.payload["lines"][0]["sku"] for one in requested.order_by("id")] == [here, there]

    def test_once_more_plans_nothing(self) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 2})

        plan_shipments(order_id=shipment.order_id)

        assert Shipment.objects.count() == 1
        assert announced("shipping.") == ["shipping.shipment.requested.v1"]

    def test_of_a_cancelled_order_plans_nothing(self) -> None:
        order_id = make_order(lines={stock_variant().sku: 2})
        cancel_order(order_id=order_id, reason="customer")

        plan_shipments(order_id=order_id)

        assert not Shipment.objects.exists()

    def test_of_an_order_that_was_imported_books_goods_that_left_long_ago(self) -> None:
        sku = stock_variant(on_hand=10).sku

        (shipment,) = make_shipments(lines={sku: 2}, channel="import")

        assert shipment.status == "delivered"
        assert shipment.delivered_at == shipment.order.accepted_at
        assert status_of(shipment.order_id) == ("completed", "")
        assert levels(sku) == (8, 0)
        assert announced("shipping.") == []

    def test_keeps_back_ordered_goods_waiting_until_they_come(self) -> None:
        variant = stock_variant(on_hand=1)
        StockPolicy.objects.create(variant_id=variant.sku, backorder_limit=5)

        packed, waiting = make_shipments(lines={variant.sku: 3})
        assert (packed.status, waiting.status, waiting.due_at) == ("requested", "waiting", None)
        move_stock(sku=variant.sku, quantity=2, reason="received")
        relay()

        waiting.refresh_from_db()
        assert waiting.status == "requested"
        assert waiting.due_at is not None


class TestReceiveCallback:
    def test_takes_shipped_goods_out_of_the_house(self) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})

        tracking = {"carrier": "Royal Mail", "number": "RM1", "url": "https://track.example/RM1"}
        assert tell(shipment, "shipped", tracking=tracking) == Verdict.APPLIED

        shipment.refresh_from_db()
        assert (shipment.status, shipment.tracking_number) == ("shipped", "RM1")
        assert levels(sku) == (7, 0)
        assert shipped_and_cancelled(shipment.order_id) == [(3, 0)]
        movement = Movement.objects.get(reason="shipped")
        assert (movement.quantity, movement.sku) == (-3, sku)
        assert announced("shipping.shipment.shipped") == ["shipping.shipment.shipped.v1"]

    def test_delivered_closes_the_order(self) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 3})

        tell(shipment, "shipped")
        assert tell(shipment, "delivered") == Verdict.APPLIED

        assert status_of(shipment.order_id) == ("completed", "")
        assert announced("orders.order.completed") == ["orders.order.completed.v1"]

    def test_closes_the_order_with_its_last_parcel(self) -> None:
        here, there = split_variant()
        first, second = make_shipments(lines={here: 1, there: 1})

        tell(first, "delivered")
        assert status_of(first.order_id) == ("paid", "")
        tell(second, "delivered")

        assert status_of(first.order_id) == ("completed", "")

    @pytest.mark.parametrize(
        "told", list(permutations(("accepted", "picked", "shipped", "delivered")))
    )
    def test_ends_the_same_in_every_order(self, told: tuple[str, ...]) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})

        for status in told:
            tell(shipment, status)

        shipment.refresh_from_db()
        assert shipment.status == "delivered"
        assert levels(sku) == (7, 0)
        assert shipped_and_cancelled(shipment.order_id) == [(3, 0)]
        assert status_of(shipment.order_id) == ("completed", "")
        assert announced("shipping.shipment.shipped") == ["shipping.shipment.shipped.v1"]
        assert announced("shipping.shipment.delivered") == ["shipping.shipment.delivered.v1"]

    @pytest.mark.parametrize("told", list(permutations(("picked", "shipped", "failed"))))
    def test_ends_the_same_when_a_parcel_fails(self, told: tuple[str, ...]) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})

        for status in told:
            tell(shipment, status)

        shipment.refresh_from_db()
        assert shipment.status == "failed"
        assert levels(sku) == (7, 0)
        assert shipped_and_cancelled(shipment.order_id) == [(0, 3)]
        assert status_of(shipment.order_id) == ("cancelled", "not_delivered")

    def test_the_same_id_counts_once_however_many_deliver_it(self) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})
        body = make_callback(shipment.pk, "shipped")

        verdicts = race(lambda _: call_back(body))

        assert verdicts == [Verdict.APPLIED] * 8
        assert FulfilmentCallback.objects.count() == 1
        assert levels(sku) == (7, 0)

    def test_part_of_a_parcel_leaves_and_the_rest_gets_its_own(self) -> None:
        sku, other = stock_variant(on_hand=10).sku, stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3, other: 1})

        tell(shipment, "shipped", lines=[{"sku": sku, "quantity": 2}])

        first, rest = Shipment.objects.filter(order=shipment.order_id).order_by("position")
        assert list(first.lines.values_list("order_line__sku", "quantity")) == [(sku, 2)]
        assert sorted(rest.lines.values_list("order_line__sku", "quantity")) == sorted(
            [(sku, 1), (other, 1)]
        )
        assert (rest.status, rest.position) == ("requested", 2)
        assert levels(sku) == (8, 1)
        tell(first, "delivered")
        assert status_of(shipment.order_id) == ("paid", "")
        tell(rest, "delivered")
        assert status_of(shipment.order_id) == ("completed", "")

    def test_a_failure_in_the_house_frees_the_goods_and_ends_the_order(self) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})

        tell(shipment, "failed", reason="damaged while packing")

        assert levels(sku) == (10, 0)
        assert status_of(shipment.order_id) == ("cancelled", "not_delivered")
        failed = OutboxMessage.objects.get(type="shipping.shipment.failed.v1")
        assert (failed.payload["reason"], failed.payload["has_left"]) == (
            "damaged while packing",
            False,
        )

    def test_a_failed_parcel_leaves_the_rest_of_the_order_alone(self) -> None:
        here, there = split_variant()
        first, second = make_shipments(lines={here: 2, there: 1})

        tell(first, "failed")
        tell(second, "delivered")

        assert shipped_and_cancelled(first.order_id) == [(0, 2), (1, 0)]
        assert status_of(first.order_id) == ("completed", "")
        struck = OutboxMessage.objects.get(type="orders.order.units_cancelled.v1")
        assert list(struck.payload["lines"].values()) == [2]

    def test_a_failed_parcel_leaves_the_other_house_its_units(self) -> None:
        Warehouse.objects.create(code="north", name="North", priority=1)
        Warehouse.objects.create(code="south", name="South", priority=2)
        sku = VariantFactory.create().sku
        set_opening_stock(quantities={sku: 3}, reference="north", warehouse="north")
        set_opening_stock(quantities={sku: 2}, reference="south", warehouse="south")
        north, south = make_shipments(lines={sku: 5})

        tell(south, "failed")
        tell(north, "delivered")

        assert level_of(sku, "north") == (0, 0, 0)
        assert level_of(sku, "south") == (2, 0, 0)
        assert status_of(north.order_id) == ("completed", "")

    def test_a_failed_parcel_leaves_the_one_that_waits_for_goods_its_own(self) -> None:
        variant = stock_variant(on_hand=3)
        StockPolicy.objects.create(variant_id=variant.sku, backorder_limit=5)
        packed, waiting = make_shipments(lines={variant.sku: 5})

        tell(packed, "failed")
        relay()

        waiting.refresh_from_db()
        assert waiting.status == "requested"
        tell(waiting, "delivered")
        assert levels(variant.sku) == (1, 0)
        assert status_of(packed.order_id) == ("completed", "")

    def test_goods_that_left_before_a_count_missed_them_are_promised_no_more(self) -> None:
        sku = stock_variant(on_hand=3).sku
        (shipment,) = make_shipments(lines={sku: 3})
        count_stock(warehouse=shipment.warehouse, counts={sku: 0}, actor_id=None)

        tell(shipment, "delivered")
        move_stock(sku=sku, quantity=3, reason="received")

        assert levels(sku) == (3, 0)

    def test_goods_that_left_for_a_cancelled_order_are_a_conflict_on_record(self) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})
        cancel_order(order_id=shipment.order_id, reason="customer")

        with pytest.raises(ShipmentWithdrawn):
            tell(shipment, "shipped")

        shipment.refresh_from_db()
        assert (shipment.status, shipment.shipped_at is not None) == ("withdrawn", True)
        assert FulfilmentCallback.objects.get().verdict == "conflict"
        assert levels(sku) == (7, 0)
        assert status_of(shipment.order_id) == ("cancelled", "customer")

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"status": "lost"}, CallbackMalformed),
            ({"occurred_at": "yesterday"}, CallbackMalformed),
            ({"occurred_at": "2026-11-21T10:00:00"}, CallbackMalformed),
            ({"lines": [{"sku": "A", "quantity": 0}]}, CallbackMalformed),
            ({"lines": [{"sku": "A", "quantity": 9}], "status": "shipped"}, CallbackMalformed),
            ({"id": "7"}, CallbackMalformed),
            ({"reason": "lost\x00"}, CallbackMalformed),
            ({"shipment": str(UUID(int=9))}, NotFound),
        ],
    )
    def test_refuses_what_it_cannot_read_and_changes_nothing(
        self, change: dict, error: type[Exception]
    ) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 3})
        before = Shipment.objects.values().get()
        body = make_callback(shipment.pk, change.pop("status", "picked"), **change)

        with pytest.raises(error):
            call_back(body)

        assert Shipment.objects.values().get() == before
        assert not FulfilmentCallback.objects.exists()

    def test_refuses_what_fulfilment_did_not_sign(self) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 3})
        body = make_callback(shipment.pk, "delivered")
        now = timezone.now()

        for signature in ("", sign(body=body, secret="another", now=int(now.timestamp()))):
            with pytest.raises(SignatureInvalid):
                receive_callback(body=body, signature=signature, now=now)
        with pytest.raises(SignatureInvalid):
            call_back_late(body)

        assert not FulfilmentCallback.objects.exists()


def call_back_late(body: bytes) -> None:
    from django.conf import settings

    now = timezone.now()
    old = int(now.timestamp()) - 301
    signature = sign(body=body, secret=settings.DOWNSTREAM_SECRETS["fulfilment"], now=old)
    receive_callback(body=body, signature=signature, now=now)


class TestCancellingWhileGoodsLeave:
    def test_has_one_effect(self) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})

        def act(number: int) -> str:
            try:
                if number % 2:
                    tell(shipment, "shipped")
                    return "shipped"
                cancel_order(order_id=shipment.order_id, reason="staff")
            except (AlreadyShipped, ShipmentWithdrawn) as refusal:
                return type(refusal).__name__
            else:
                return "cancelled"

        outcomes = set(race(act, runners=2))

        assert outcomes in (
            {"shipped", "AlreadyShipped"},
            {"cancelled", "ShipmentWithdrawn"},
        )
        assert levels(sku) == (7, 0)

    def test_of_shipped_goods_is_refused_and_changes_nothing(self) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})
        tell(shipment, "shipped")

        with pytest.raises(AlreadyShipped) as refusal:
            cancel_order(order_id=shipment.order_id, reason="staff")

        assert refusal.value.details == {"skus": [sku]}
        assert status_of(shipment.order_id) == ("paid", "")

    def test_tells_fulfilment_what_is_no_longer_wanted(self) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 3})

        cancel_order(order_id=shipment.order_id, reason="customer")
        relay()

        shipment.refresh_from_db()
        assert shipment.status == "withdrawn"
        assert announced("shipping.shipment.withdrawn") == ["shipping.shipment.withdrawn.v1"]


class TestTracking:
    @pytest.mark.parametrize(
        ("url", "kept"),
        [
            ("https://carrier.example/1", "https://carrier.example/1"),
            ("javascript:alert(1)", ""),
            ("http://carrier.example/1", ""),
        ],
    )
    def test_keeps_safe_addresses_only(self, url: str, kept: str) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})

        tell(shipment, "shipped", tracking={"url": url})

        shipment.refresh_from_db()
        assert (shipment.status, shipment.tracking_url) == ("shipped", kept)


class TestACarrier:
    @pytest.fixture(autouse=True)
    def _carrier(self, settings: Settings) -> None:
        entry = {
            "BACKEND": "apps.shipping.gateways.LinkedCarrier",
            "OPTIONS": {"label": "Royal Mail", "page": "https://track.example/?item={number}"},
        }
        enter(settings, "SHIPPING_CARRIERS", royal=entry)

    @pytest.mark.parametrize(
        ("tracking", "carrier", "url"),
        [
            (
                {"carrier": "royal", "number": "A B&1"},
                "Royal Mail",
                "https://track.example/?item=A%20B%261",
            ),
            (
                {"carrier": "royal", "number": "1", "url": "https://a.example/1"},
                "Royal Mail",
                "https://a.example/1",
            ),
            ({"carrier": "royal"}, "Royal Mail", ""),
            ({"carrier": "Parcel Post", "number": "1"}, "Parcel Post", ""),
        ],
    )
    def test_that_the_shop_knows_has_a_name_and_a_page(
        self, tracking: dict[str, str], carrier: str, url: str
    ) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})

        tell(shipment, "shipped", tracking=tracking)

        shipment.refresh_from_db()
        assert (shipment.carrier, shipment.tracking_url) == (carrier, url)
        told = OutboxMessage.objects.get(type="shipping.shipment.shipped.v1").payload
        assert (told["carrier"], told["tracking_url"]) == (carrier, url)

    def test_with_a_page_in_the_open_has_none(self, settings: Settings) -> None:
        tell_door(settings, "SHIPPING_CARRIERS", "royal", page="http://track.example/{number}")
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})

        tell(shipment, "shipped", tracking={"carrier": "royal", "number": "1"})

        shipment.refresh_from_db()
        assert shipment.tracking_url == ""

    def test_is_entered_rightly(self) -> None:
        assert check_shop() == []


class TestCloseIfDone:
    def test_completes_nothing_of_which_nothing_arrived(self) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})
        Shipment.objects.update(status="failed")

        delivery_tracking.close_if_done(shipment.order)

        assert status_of(shipment.order_id)[0] == "paid"


class TestGiveUpOverdue:
    FIVE_DAYS = timedelta(days=5)

    def test_waits_five_days(self, time_machine) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})

        time_machine.move_to(shipment.due_at - timedelta(seconds=1))
        assert give_up_overdue() == 0
        time_machine.move_to(shipment.due_at + timedelta(seconds=1))
        assert give_up_overdue() == 1
        assert give_up_overdue() == 0

        assert status_of(shipment.order_id) == ("cancelled", "not_delivered")
        assert levels(sku) == (10, 0)
        assert announced("shipping.shipment.overdue") == ["shipping.shipment.overdue.v1"]

    @pytest.mark.parametrize(
        ("heard", "reason"),
        [(None, "not sent in time"), ("shipped", "not delivered in time")],
    )
    def test_says_what_did_not_happen(self, time_machine, heard: str | None, reason: str) -> None:
        (shipment,) = make_shipments(lines={stock_variant(on_hand=10).sku: 3})
        if heard:
            tell(shipment, heard)
        time_machine.move_to(shipment.due_at + timedelta(seconds=1))

        give_up_overdue()

        shipment.refresh_from_db()
        assert shipment.reason == reason

    def test_looks_at_nothing_that_has_arrived(
        self, time_machine, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        (shipment,) = make_shipments(lines={stock_variant(on_hand=10).sku: 3})
        tell(shipment, "delivered")
        time_machine.move_to(shipment.due_at + timedelta(seconds=1))
        with django_assert_num_queries(1 + 1):
            assert give_up_overdue() == 0

    def test_of_an_order_cancelled_unheard_frees_nothing_twice(self, time_machine) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})
        cancel_order(order_id=shipment.order_id, reason="customer")
        time_machine.move_to(shipment.due_at + timedelta(seconds=1))

        assert give_up_overdue() == 1

        assert status_of(shipment.order_id) == ("cancelled", "customer")
        assert shipped_and_cancelled(shipment.order_id) == [(0, 0)]
        assert levels(sku) == (10, 0)

    def test_one_that_cannot_be_given_up_keeps_no_other_waiting(self, time_machine) -> None:
        skus = [stock_variant(on_hand=10).sku for _ in range(2)]
        poisoned, fresh = (make_shipments(lines={sku: 3})[0] for sku in skus)
        StockLevel.objects.filter(variant=skus[0]).update(reserved=0)
        time_machine.move_to(fresh.due_at + timedelta(seconds=1))

        assert give_up_overdue() == 1

        assert status_of(poisoned.order_id)[0] == "paid"
        assert status_of(fresh.order_id) == ("cancelled", "not_delivered")

    def test_of_goods_on_their_way_leaves_the_shelf_empty(self, time_machine) -> None:
        sku = stock_variant(on_hand=10).sku
        (shipment,) = make_shipments(lines={sku: 3})
        tell(shipment, "shipped")

        time_machine.move_to(shipment.due_at + timedelta(seconds=1))
        assert give_up_overdue() == 1

        assert levels(sku) == (7, 0)
        assert shipped_and_cancelled(shipment.order_id) == [(0, 3)]

    def test_leaves_delivered_goods_alone(self, time_machine) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 3})
        tell(shipment, "delivered")

        time_machine.move_to(shipment.due_at + timedelta(days=30))

        assert give_up_overdue() == 0
        assert status_of(shipment.order_id) == ("completed", "")

    def test_goods_that_arrive_after_all_are_told_and_change_no_money(self, time_machine) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 3})
        tell(shipment, "shipped")
        time_machine.move_to(shipment.due_at + timedelta(seconds=1))
        give_up_overdue()

        assert tell(shipment, "delivered") == Verdict.LATE

        shipment.refresh_from_db()
        assert (shipment.status, shipment.delivered_at is not None) == ("overdue", True)
        delivered = OutboxMessage.objects.get(type="shipping.shipment.delivered.v1")
        assert delivered.payload["is_late"] is True
        assert status_of(shipment.order_id) == ("cancelled", "not_delivered")

    def test_is_taken_up_by_the_next_run_where_one_was_cut_short(
        self, time_machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shipments = [make_shipments(lines={stock_variant().sku: 1})[0] for _ in range(3)]
        time_machine.move_to(shipments[-1].due_at + timedelta(seconds=1))
        calls = []

        def die_at_the_second(order_id: UUID, **_: object) -> None:
            calls.append(order_id)
            if len(calls) == 2:
                raise KeyboardInterrupt

        with monkeypatch.context() as crash:
            crash.setattr(delivery_tracking, "close_if_done", die_at_the_second)
            with pytest.raises(KeyboardInterrupt):
                give_up_overdue()
        assert Shipment.objects.filter(status="overdue").count() == 1

        assert give_up_overdue() == 2
        assert announced("shipping.shipment.overdue") == ["shipping.shipment.overdue.v1"] * 3

    def test_gives_each_up_once_however_many_sweep(self, time_machine) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 3})
        time_machine.move_to(shipment.due_at + timedelta(seconds=1))

        assert sum(race(lambda _: give_up_overdue())) == 1

        assert announced("shipping.shipment.overdue") == ["shipping.shipment.overdue.v1"]
