"""What deliveries promise."""

from apps.core.types import Invariant
from apps.events.types import heard
from apps.orders.types import Channel

_HEARD = heard("o.id::text")

SCOPES = ()

INVARIANTS = (
    Invariant(
        code="S1",
        promise="each unit of a paid order that was not cancelled is in exactly one shipment",
        scope="orders",
        sql=f"""
        SELECT o.number, format('line %%s: %%s to ship, %%s in shipments', line.position,
            line.quantity - line.cancelled_quantity, coalesce(packed.units, 0))
        FROM orders_order o
        JOIN orders_orderline line ON line.order_id = o.id AND line.stocked
        LEFT JOIN LATERAL (
            SELECT sum(part.quantity) AS units FROM shipping_shipmentline part
            JOIN shipping_shipment shipment ON shipment.id = part.shipment_id
            WHERE part.order_line_id = line.id
              AND shipment.status NOT IN ('failed', 'overdue', 'withdrawn')
        ) packed ON true
        WHERE o.id = ANY(%(keys)s::uuid[]) AND o.status IN ('paid', 'completed') AND {_HEARD}
          AND coalesce(packed.units, 0) <> line.quantity - line.cancelled_quantity
        """,
    ),
    Invariant(
        code="S2",
        promise="what an order line says was shipped is what left with its shipments",
        scope="orders",
        sql="""
        SELECT o.number, format('line %%s: %%s shipped, %%s in parcels', line.position,
            line.shipped_quantity, coalesce(gone.units, 0))
        FROM orders_order o
        JOIN orders_orderline line ON line.order_id = o.id
        LEFT JOIN LATERAL (
            SELECT sum(part.quantity) AS units FROM shipping_shipmentline part
            JOIN shipping_shipment shipment ON shipment.id = part.shipment_id
            WHERE part.order_line_id = line.id AND shipment.status IN ('shipped', 'delivered')
        ) gone ON true
        WHERE o.id = ANY(%(keys)s::uuid[]) AND line.shipped_quantity <> coalesce(gone.units, 0)
        """,
    ),
    Invariant(
        code="S3",
        promise="a completed order has nothing on its way, and a stopped one sends nothing",
        scope="orders",
        sql="""
        SELECT shipment.number, format('%%s, of an order that is %%s', shipment.status, o.status)
        FROM orders_order o JOIN shipping_shipment shipment ON shipment.order_id = o.id
        WHERE o.id = ANY(%(keys)s::uuid[]) AND (
            (o.status = 'completed' AND shipment.status IN
                ('waiting', 'requested', 'accepted', 'picked', 'shipped'))
            OR (o.status = 'cancelled' AND shipment.status IN
                ('waiting', 'requested', 'accepted', 'picked'))
            OR o.status IN ('rejected', 'placed', 'awaiting_payment', 'awaiting_approval'))
        """,
    ),
    Invariant(
        code="S4",
        promise="no shipment is overlooked when due",
        sql="""
        SELECT shipment.number, shipment.status FROM shipping_shipment shipment
        WHERE shipment.status IN ('requested', 'accepted', 'picked', 'shipped')
          AND shipment.due_at < now() - interval '10 minutes'
        """,
    ),
    Invariant(
        code="S5",
        promise="each shipment that fulfilment works on was requested of it",
        scope="orders",
        sql=f"""
        SELECT shipment.number, format('%%s, never requested', shipment.status)
        FROM orders_order o JOIN shipping_shipment shipment ON shipment.order_id = o.id
        WHERE o.id = ANY(%(keys)s::uuid[]) AND o.channel <> '{Channel.IMPORT}'
          AND shipment.requested_at IS NOT NULL AND shipment.created_at > %(events_since)s
          AND NOT EXISTS (
              SELECT FROM events_outboxmessage news
              WHERE news.subject = o.id::text AND news.type = 'shipping.shipment.requested.v1'
                AND news.payload->>'shipment_id' = shipment.id::text)
        """,
    ),
)
