"""A shop in which all kinds of things have happened."""

from apps.catalog.services import set_attributes
from apps.orders.services import cancel_order
from apps.pricing.types import AdjustmentScope
from apps.refunds.services import approve_return
from apps.refunds.types import ReturnedLine
from tests.factories.catalog import declare
from tests.factories.orders import adjustment, make_order
from tests.factories.shipping import make_shipments, tell
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay


def trade() -> None:
    """Orders in every state, goods on their way, money that went back."""
    queues = Queues()
    queues.purge()
    described, plain = stock_variant(on_hand=50), stock_variant(on_hand=50)
    sku, other = described.sku, plain.sku
    declare(described.product.product_type, "dose")
    set_attributes(product_id=described.product_id, values={"dose": "Two capfuls"})
    for token in ("tok_decline", "tok_3ds", "tok_success"):
        make_order(lines={sku: 2, other: 1}, token=token)
    cancel_order(order_id=make_order(lines={sku: 2}), reason="customer")
    make_order(lines={sku: 1_000})
    for told in ("shipped", "delivered", "failed"):
        (shipment,) = make_shipments(lines={sku: 1, other: 2})
        tell(shipment, told)
    line = shipment.order.lines.first()
    sale, free = [adjustment(-100)], [adjustment(-395, scope=AdjustmentScope.SHIPPING)]
    make_order(lines={sku: 1, other: 2}, adjustments=sale, on_shipping=free)
    (shipment,) = make_shipments(lines={sku: 3})
    line = shipment.order.lines.get()
    approve_return(
        order_id=shipment.order_id,
        reference="a return",
        lines=[ReturnedLine(order_line_id=line.pk, quantity=1, amount_minor=420)],
        reason="broken",
    )
    approve_return(
        order_id=shipment.order_id,
        reference="a return for less",
        lines=[ReturnedLine(order_line_id=line.pk, quantity=1, amount_minor=400)],
        reason="used",
    )
    relay()
    queues.run_all()
