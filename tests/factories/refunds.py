"""Orders of which something comes back, and requests for it."""

from django.db.models import F

from apps.orders.models import OrderLine
from apps.refunds.models import RefundRequest
from apps.refunds.services import request_refund
from apps.refunds.types import AskedLine, Requester
from apps.shipping.models import Shipment
from tests.factories.orders import make_order
from tests.factories.shipping import tell
from tests.factories.shop import stock_variant
from tests.relays import relay


def bought(*, quantity: int = 3, **fields: object) -> OrderLine:
    """A paid line at £4.20 each, postage 3.95."""
    order_id = make_order(lines={stock_variant().sku: quantity}, **fields)
    return OrderLine.objects.get(order=order_id)


def sent(**fields: object) -> OrderLine:
    """The same, and its parcel has left the house."""
    line = bought(**fields)
    relay()
    tell(Shipment.objects.get(order=line.order_id), "shipped")
    line.refresh_from_db()
    return line


def send(line: OrderLine) -> None:
    """All units of the line that were not cancelled have left the house, by what the order says."""
    kept = F("quantity") - F("cancelled_quantity")
    OrderLine.objects.filter(pk=line.pk).update(shipped_quantity=kept)


def ask_back(line: OrderLine, *, quantity: int = 2, **fields: object) -> RefundRequest:
    """The customer's request for units of one line, which has been sent."""
    send(line)
    asked = {
        "requested_by": Requester.CUSTOMER,
        "actor_id": None,
        "reason": "unwanted",
        "text": "It is too dark for our hall.",
        **fields,
    }
    return request_refund(
        order_id=line.order_id,
        lines=[AskedLine(order_line_id=line.pk, quantity=quantity)],
        **asked,
    )
