"""The checker finds nothing in a shop that works, and each invariant bites when it is broken."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit.rules import INVARIANTS
from apps.audit.selectors import list_violations
from apps.audit.services import check_shop
from apps.orders.services import cancel_order
from apps.refunds.services import approve_return
from apps.refunds.types import ReturnedLine
from tests.factories.orders import make_order
from tests.factories.shipping import make_shipments, tell
from tests.factories.shop import stock_variant
from tests.relays import relay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _busy_shop(queues) -> None:
    """Orders in every state, goods on their way, money that went back."""
    sku, other = stock_variant(on_hand=50).sku, stock_variant(on_hand=50).sku
    for token in ("tok_decline", "tok_3ds", "tok_success"):
        make_order(lines={sku: 2, other: 1}, token=token)
    cancel_order(order_id=make_order(lines={sku: 2}), reason="customer")
    make_order(lines={sku: 1_000})
    for told in ("shipped", "delivered", "failed"):
        (shipment,) = make_shipments(lines={sku: 1, other: 2})
        tell(shipment, told)
    line = shipment.order.lines.first()
    (shipment,) = make_shipments(lines={sku: 3})
    line = shipment.order.lines.get()
    approve_return(
        order_id=shipment.order_id,
        reference="a return",
        lines=[ReturnedLine(order_line_id=line.pk, quantity=1, amount_minor=420)],
        reason="broken",
    )
    relay()
    queues.run_all()


# By invariant: what a bug, or a person at the database, could do.
DAMAGE = {
    "I1": "UPDATE inventory_stocklevel SET reserved = on_hand + 1",
    "I2a": "UPDATE inventory_stocklevel SET on_hand = on_hand + 1",
    "I2b": "UPDATE inventory_stocklevel SET reserved = reserved + 1",
    "I3": "UPDATE events_outboxmessage SET type = 'a.b.c.v1' WHERE type = 'orders.order.placed.v1'",
    "I4a": "UPDATE payments_payment SET amount_minor = amount_minor + 1",
    "I4b": "UPDATE payments_payment SET refunded_minor = captured_minor",
    "I4c": "UPDATE payments_payment SET captured_minor = 0 WHERE refunded_minor = 0",
    "I4d": "UPDATE refunds_refund SET amount_minor = 1000000, goodwill_minor = 1000000 - lines_minor"
    " - shipping_minor",
    "I4e": "DELETE FROM payments_transaction WHERE kind = 'refund' AND outcome = 'succeeded'",
    "I4f": "UPDATE refunds_refundline SET amount_minor = amount_minor + 1",
    "I4g": "UPDATE invoicing_document SET total_minor = total_minor + 1 WHERE kind = 'credit_note'",
    "I5c": "UPDATE invoicing_document SET total_minor = total_minor + 1 WHERE kind = 'invoice'",
    "I7": "UPDATE invoicing_document SET number = number + 100 WHERE number = 1",
    "I5a": "DELETE FROM inventory_reservation",
    "I5b": "UPDATE inventory_reservation SET released_at = NULL",
    "I6": "UPDATE orders_order SET lines_minor = lines_minor + 1, tax_minor = tax_minor - 1",
    "I9a": "UPDATE events_outboxmessage SET payload = jsonb_set(payload, '{version}', '1')",
    "I9b": "UPDATE orders_order SET status = 'placed' WHERE status = 'paid'",
    "I9c": "UPDATE orders_order SET pay_by = now() - interval '1 day'",
    "I10": "UPDATE events_outboxmessage SET fanned_out_at = NULL,"
    " occurred_at = now() - interval '6 minutes'",
    "I12": "UPDATE events_outboxmessage SET payload = jsonb_set(payload, '{reason}', '\"staff\"')",
    "S1": "DELETE FROM shipping_shipmentline",
    "S2": "UPDATE orders_orderline SET shipped_quantity = 0",
    "S3": "UPDATE shipping_shipment SET due_at = now() - interval '1 day'",
}


@contextmanager
def damage(statement: str) -> Iterator[None]:
    """The shop as the statement leaves it; the last guard against it, a constraint, is away meanwhile."""
    guard = "inventory_stocklevel", "inventory_reserved_is_on_hand"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE {} DROP CONSTRAINT {}".format(*guard))
        try:
            cursor.execute(statement)
            yield
        finally:
            cursor.execute("UPDATE inventory_stocklevel SET on_hand = 9999")
            cursor.execute(
                "ALTER TABLE {} ADD CONSTRAINT {} CHECK (reserved <= on_hand)".format(*guard)
            )


class TestAShopThatWorks:
    def test_breaks_nothing(self) -> None:
        assert list_violations() == []
        assert check_shop() == 0

    def test_is_said_to_hold(self) -> None:
        out = StringIO()

        call_command("check_shop", stdout=out)

        assert f"All {len(INVARIANTS)} invariants hold." in out.getvalue()


class TestEachInvariant:
    def test_has_a_way_to_break_it_here(self) -> None:
        assert set(DAMAGE) == {one.code for one in INVARIANTS}

    @pytest.mark.parametrize("code", DAMAGE)
    def test_is_noticed_when_broken(self, code: str, caplog: pytest.LogCaptureFixture) -> None:
        with damage(DAMAGE[code]):
            out = StringIO()
            with pytest.raises(CommandError):
                call_command("check_shop", stdout=out)
            assert f"{code:<5} BROKEN" in out.getvalue()
            assert check_shop() > 0
            assert f"{code} broken" in caplog.text
