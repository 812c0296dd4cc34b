from uuid import UUID

from apps.events.services import personalise, subscribe
from apps.inventory.events import BackorderFilled
from apps.orders.events import OrderCancelled, OrderPaid
from apps.orders.selectors import read_personal_data
from apps.shipping import services
from apps.shipping.events import ShipmentRequested

personalise(ShipmentRequested)(read_personal_data)


@subscribe(OrderPaid)
def plan_shipments(event: OrderPaid) -> None:
    """Plan the parcels of a paid order; one that has parcels gets no others."""
    services.plan_shipments(order_id=UUID(event.order_id))


@subscribe(BackorderFilled)
def request_filled_shipments(event: BackorderFilled) -> None:
    """Ask for the shipments whose goods have come; what was asked for before is not again."""
    services.request_filled_shipments(order_id=UUID(event.reference), warehouse=event.warehouse)


@subscribe(OrderCancelled)
def withdraw_shipments(event: OrderCancelled) -> None:
    """Tell fulfilment to send no more of a cancelled order; a repeat finds nothing to tell."""
    services.withdraw_shipments(order_id=UUID(event.order_id), reason=event.reason)
