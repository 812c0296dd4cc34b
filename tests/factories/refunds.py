"""Orders of which something comes back, and requests for it."""

from apps.orders.models import OrderLine
from apps.refunds.models import RefundRequest
from apps.refunds.services import request_refund
from apps.refunds.types import AskedLine, Requester
from tests.factories.orders import make_order
from tests.factories.shop import stock_variant


def bought(*, quantity: int = 3, **fields: object) -> OrderLine:
    """A paid line at £4.20 each, postage 3.95."""
    order_id = make_order(lines={stock_variant().sku: quantity}, **fields)
    return OrderLine.objects.get(order=order_id)


def ask_back(line: OrderLine, *, quantity: int = 2, **fields: object) -> RefundRequest:
    """The customer's request for units of one line."""
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
