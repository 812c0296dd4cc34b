"""How long parcels are kept, and what fulfilment told about them."""

from apps.core.types import Retention

_RATES = "What is offered now; orders keep copies of their own."
_PARCELS = "Proof that the goods left: as long as the sale."

RETENTION = (
    Retention(
        model="shipping.FulfilmentCallback",
        why="What fulfilment told of a parcel goes with the person.",
        expired="""
        SELECT callback.id FROM shipping_fulfilmentcallback callback
        JOIN shipping_shipment shipment ON shipment.id = callback.shipment_id
        JOIN orders_order o ON o.id = shipment.order_id AND o.erased_at IS NOT NULL
        WHERE callback.payload <> '{}'
        ORDER BY callback.id LIMIT %(batch)s
        """,
        clear="UPDATE shipping_fulfilmentcallback SET payload = '{}' WHERE id = ANY(%(keys)s)",
    ),
    Retention(model="shipping.Zone", why=_RATES, impersonal=("name",)),
    Retention(model="shipping.Method", why=_RATES, impersonal=("name",)),
    Retention(model="shipping.Rate", why=_RATES),
    Retention(model="shipping.Shipment", why=_PARCELS),
    Retention(model="shipping.ShipmentLine", why=_PARCELS),
    Retention(
        model="shipping.FulfilmentCallback",
        days=90,
        why="Its outcome is on the shipment; what was said is looked up for a quarter.",
        personal=("payload",),
        expired="""
        SELECT id FROM shipping_fulfilmentcallback
        WHERE received_at < %(before)s ORDER BY received_at LIMIT %(batch)s
        """,
    ),
)
