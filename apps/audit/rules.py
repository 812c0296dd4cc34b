"""What must hold whenever the shop is at rest, as SQL that finds what breaks it.

Where an effect follows an event, an order is judged once all of its events have reached our handlers.
"""

from apps.audit.types import Invariant

_HEARD = """
NOT EXISTS (
    SELECT FROM events_outboxmessage news
    WHERE news.subject = o.id::text
      AND (news.fanned_out_at IS NULL OR EXISTS (
          SELECT FROM events_delivery delivery
          WHERE delivery.message_id = news.id AND delivery.delivered_at IS NULL
            AND delivery.target LIKE '%.%'))
)
"""

_STOCK = (
    Invariant(
        code="I1",
        promise="no level is negative, and no more is reserved than is there",
        sql="""
        SELECT sku, format('on hand %s, reserved %s', on_hand, reserved)
        FROM inventory_stocklevel
        WHERE on_hand < 0 OR reserved < 0 OR backordered < 0 OR reserved > on_hand
        """,
    ),
    Invariant(
        code="I2a",
        promise="what is on hand is the sum of its movements",
        sql="""
        SELECT level.sku, format('on hand %s, moved %s', level.on_hand, coalesce(sum(quantity), 0))
        FROM inventory_stocklevel level
        LEFT JOIN inventory_movement movement
          ON movement.sku = level.sku AND movement.warehouse_id = level.warehouse_id
        GROUP BY level.id HAVING level.on_hand <> coalesce(sum(quantity), 0)
        """,
    ),
    Invariant(
        code="I2b",
        promise="what is reserved and back-ordered is the sum of the open reservations",
        sql="""
        SELECT level.sku, format('reserved %s of %s, back-ordered %s of %s', level.reserved,
            coalesce(sum(quantity - shipped - promise.backordered), 0), level.backordered,
            coalesce(sum(promise.backordered), 0))
        FROM inventory_stocklevel level
        LEFT JOIN inventory_reservation promise
          ON promise.sku = level.sku AND promise.warehouse_id = level.warehouse_id
          AND promise.released_at IS NULL
        GROUP BY level.id
        HAVING level.reserved <> coalesce(sum(quantity - shipped - promise.backordered), 0)
            OR level.backordered <> coalesce(sum(promise.backordered), 0)
        """,
    ),
)

_ORDERS = (
    Invariant(
        code="I3",
        promise="each order was announced exactly once, as placed or as rejected",
        sql="""
        SELECT o.number, format('announced %s times', count(news.id))
        FROM orders_order o
        LEFT JOIN events_outboxmessage news ON news.subject = o.id::text
          AND (news.type = 'orders.order.placed.v1'
               OR (news.type = 'orders.order.rejected.v1' AND (news.payload->>'version')::int = 1))
        GROUP BY o.id HAVING count(news.id) <> 1
        """,
    ),
    Invariant(
        code="I5a",
        promise="a paid order was announced as paid, and its goods are reserved or have left",
        sql=f"""
        SELECT o.number, format('line %s: %s sold, %s cancelled, %s promised', line.position,
            line.quantity, line.cancelled_quantity, coalesce(promised.units, 0))
        FROM orders_order o
        JOIN orders_orderline line ON line.order_id = o.id AND line.stocked
        LEFT JOIN LATERAL (
            SELECT sum(quantity) AS units FROM inventory_reservation promise
            WHERE promise.reference = o.id AND promise.sku = line.sku
        ) promised ON true
        WHERE o.status IN ('paid', 'completed') AND {_HEARD}
          AND coalesce(promised.units, 0) < line.quantity - line.cancelled_quantity
        UNION ALL
        SELECT o.number, 'never announced as paid' FROM orders_order o
        WHERE o.status IN ('paid', 'completed') AND NOT EXISTS (
            SELECT FROM events_outboxmessage news
            WHERE news.subject = o.id::text AND news.type = 'orders.order.paid.v1')
        """,  # noqa: S608 - our own constant
    ),
    Invariant(
        code="I5b",
        promise="a stopped or completed order holds no stock",
        sql="""
        SELECT o.number, format('%s × %s', sum(promise.quantity - promise.shipped), promise.sku)
        FROM orders_order o JOIN inventory_reservation promise ON promise.reference = o.id
        WHERE o.status IN ('rejected', 'cancelled', 'completed') AND promise.released_at IS NULL
        GROUP BY o.id, promise.sku HAVING sum(promise.quantity - promise.shipped) > 0
        """,
    ),
    Invariant(
        code="I6",
        promise="an order's total is what its lines, shipping, tax and discount add up to",
        sql="""
        SELECT o.number, format('%s %s', o.total_minor, o.currency)
        FROM orders_order o JOIN orders_orderline line ON line.order_id = o.id
        GROUP BY o.id
        HAVING o.total_minor <> o.lines_minor + o.shipping_minor + o.tax_minor - o.discount_minor
            OR o.lines_minor <> sum(line.amount_minor)
                - CASE WHEN o.tax_included THEN sum(line.tax_minor) ELSE 0 END
            OR o.tax_minor < sum(line.tax_minor)
            OR bool_or(line.currency <> o.currency)
        """,
    ),
    Invariant(
        code="I9a",
        promise="an order's versions rise with each of its announcements",
        sql="""
        SELECT number, format('version %s after %s', version, before) FROM (
            SELECT o.number, (news.payload->>'version')::int AS version,
                lag((news.payload->>'version')::int) OVER (
                    PARTITION BY news.subject ORDER BY news.id) AS before
            FROM orders_order o JOIN events_outboxmessage news ON news.subject = o.id::text
            WHERE news.type LIKE 'orders.order.%'
        ) history WHERE version <= before
        """,
    ),
    Invariant(
        code="I9b",
        promise="an order's state is the one that was announced last",
        sql="""
        SELECT o.number, format('%s, but last announced: %s', o.status, last.type)
        FROM orders_order o
        JOIN LATERAL (
            SELECT split_part(news.type, '.', 3) AS type FROM events_outboxmessage news
            WHERE news.subject = o.id::text AND news.type LIKE 'orders.order.%'
              AND news.type NOT IN ('orders.order.approved.v1', 'orders.order.units_cancelled.v1')
            ORDER BY news.id DESC LIMIT 1
        ) last ON true
        WHERE o.status <> last.type
        """,
    ),
    Invariant(
        code="I9c",
        promise="no order waits longer than it may",
        sql="""
        SELECT number, status FROM orders_order
        WHERE (status = 'awaiting_payment' AND pay_by < now() - interval '10 minutes')
           OR (status = 'placed' AND created_at < now() - interval '1 hour')
           OR (status = 'awaiting_approval' AND approved_at IS NULL
               AND approve_by < now() - interval '10 minutes')
        """,
    ),
    Invariant(
        code="I12",
        promise="what staff decided about an order names who decided",
        sql="""
        SELECT subject, type FROM events_outboxmessage
        WHERE actor_id IS NULL AND (type = 'orders.order.approved.v1'
            OR (type = 'orders.order.cancelled.v1' AND payload->>'reason' = 'staff'))
        """,
    ),
)

_MONEY = (
    Invariant(
        code="I4a",
        promise="a payment is of its order's total and currency, and taken whole or not at all",
        sql="""
        SELECT o.number, format('%s of %s %s', payment.captured_minor, o.total_minor, o.currency)
        FROM orders_order o JOIN payments_payment payment ON payment.reference = o.id
        WHERE payment.amount_minor <> o.total_minor OR payment.currency <> o.currency
           OR payment.captured_minor NOT IN (0, o.total_minor)
           OR payment.refunded_minor > payment.captured_minor
        """,
    ),
    Invariant(
        code="I4b",
        promise="what a payment says was taken and given back is what its ledger adds up to",
        sql="""
        SELECT payment.id, format('captured %s, ledger %s; refunded %s, ledger %s',
            payment.captured_minor, coalesce(ledger.captured, 0),
            payment.refunded_minor, coalesce(ledger.refunded, 0))
        FROM payments_payment payment
        LEFT JOIN LATERAL (
            SELECT sum(amount_minor) FILTER (WHERE kind = 'capture' AND outcome = 'succeeded')
                    AS captured,
                sum(amount_minor) FILTER (WHERE kind = 'refund' AND outcome = 'claimed')
                - coalesce(sum(amount_minor) FILTER (
                    WHERE kind = 'refund' AND outcome = 'declined'), 0) AS refunded
            FROM payments_transaction entry WHERE entry.payment_id = payment.id
        ) ledger ON true
        WHERE payment.captured_minor <> coalesce(ledger.captured, 0)
           OR payment.refunded_minor <> coalesce(ledger.refunded, 0)
        """,
    ),
    Invariant(
        code="I4c",
        promise="a paid order's money was taken, and a stopped order keeps none but what is going back",
        sql=f"""
        SELECT o.number, format('%s: captured %s, refunded %s, granted %s', o.status,
            payment.captured_minor, payment.refunded_minor, granted.minor)
        FROM orders_order o JOIN payments_payment payment ON payment.reference = o.id
        JOIN LATERAL (
            SELECT coalesce(sum(amount_minor), 0) AS minor,
                coalesce(sum(amount_minor) FILTER (
                    WHERE state <> 'paid' OR paid_note <> ''), 0) AS apart
            FROM refunds_refund refund WHERE refund.order_id = o.id
        ) granted ON true
        WHERE {_HEARD} AND (
            (o.status IN ('paid', 'completed') AND payment.captured_minor <> o.total_minor)
            OR (o.status IN ('rejected', 'cancelled')
                AND payment.captured_minor <> greatest(payment.refunded_minor, granted.minor))
            OR (o.status IN ('rejected', 'cancelled') AND granted.apart = 0
                AND payment.captured_minor <> payment.refunded_minor))
        """,  # noqa: S608 - our own constant
    ),
    Invariant(
        code="I4d",
        promise="no more is granted back than was captured, nor more units than were bought",
        sql="""
        SELECT o.number, format('granted %s, captured %s', sum(refund.amount_minor),
            payment.captured_minor)
        FROM orders_order o
        JOIN refunds_refund refund ON refund.order_id = o.id
        JOIN payments_payment payment ON payment.reference = o.id
        GROUP BY o.id, payment.id HAVING sum(refund.amount_minor) > payment.captured_minor
        UNION ALL
        SELECT o.number, format('line %s: %s of %s units', line.position, sum(back.quantity),
            line.quantity)
        FROM orders_order o
        JOIN orders_orderline line ON line.order_id = o.id
        JOIN refunds_refundline back ON back.order_line_id = line.id
        GROUP BY o.id, line.id HAVING sum(back.quantity) > line.quantity
        """,
    ),
    Invariant(
        code="I4e",
        promise="a refund that was paid is in the payments' ledger, once and of its amount",
        sql="""
        SELECT refund.id, format('%s granted, %s sent', refund.amount_minor, sent.minor)
        FROM refunds_refund refund
        JOIN payments_payment payment ON payment.reference = refund.order_id
        JOIN LATERAL (
            SELECT coalesce(sum(entry.amount_minor), 0) AS minor
            FROM payments_transaction entry
            WHERE entry.payment_id = payment.id AND entry.kind = 'refund'
              AND entry.outcome = 'succeeded'
              AND NOT EXISTS (
                  SELECT FROM payments_transaction returned
                  WHERE returned.idempotency_key = entry.idempotency_key
                    AND returned.outcome = 'declined')
              AND (entry.idempotency_key = format('%s:refund:%s', payment.id, refund.id)
                   OR entry.idempotency_key LIKE format('%s:refund:%s:%%', payment.id, refund.id))
        ) sent ON true
        WHERE sent.minor > refund.amount_minor
           OR (refund.state = 'paid' AND refund.paid_note = ''
               AND sent.minor <> refund.amount_minor)
        """,
    ),
    Invariant(
        code="I4f",
        promise="a refund is the sum of its lines, shipping and goodwill",
        sql="""
        SELECT refund.id, format('goods %s, lines %s', refund.lines_minor,
            coalesce(sum(line.amount_minor), 0))
        FROM refunds_refund refund LEFT JOIN refunds_refundline line ON line.refund_id = refund.id
        GROUP BY refund.id HAVING refund.lines_minor <> coalesce(sum(line.amount_minor), 0)
        """,
    ),
)

_DOCUMENTS = (
    Invariant(
        code="I5c",
        promise="an order that was paid here and heard of has exactly one invoice, of its total",
        sql=f"""
        SELECT o.number, format('%s invoices of %s, total %s', count(document.id),
            coalesce(sum(document.total_minor), 0), o.total_minor)
        FROM orders_order o
        LEFT JOIN invoicing_document document
          ON document.order_id = o.id AND document.kind = 'invoice'
        WHERE o.paid_at IS NOT NULL AND o.channel <> 'backfill' AND {_HEARD} AND EXISTS (
            SELECT FROM events_outboxmessage news
            JOIN events_delivery delivery ON delivery.message_id = news.id
            WHERE news.subject = o.id::text AND news.type = 'orders.order.paid.v1'
              AND delivery.target = 'invoicing.issue_invoice')
        GROUP BY o.id
        HAVING count(document.id) <> 1 OR sum(document.total_minor) <> o.total_minor
        """,  # noqa: S608 - our own constant
    ),
    Invariant(
        code="I4g",
        promise="a refund of an invoiced order that was paid has its credit note, of its amount",
        sql="""
        SELECT refund.id, format('%s paid, %s credited', refund.amount_minor, note.total_minor)
        FROM refunds_refund refund
        JOIN invoicing_document invoice
          ON invoice.order_id = refund.order_id AND invoice.kind = 'invoice'
        LEFT JOIN invoicing_document note ON note.refund_id = refund.id
        WHERE refund.state = 'paid' AND refund.amount_minor > 0
          AND note.total_minor IS DISTINCT FROM refund.amount_minor
          AND EXISTS (
              SELECT FROM events_outboxmessage news
              JOIN events_delivery delivery ON delivery.message_id = news.id
              WHERE news.subject = refund.id::text AND news.type = 'refunds.refund.approved.v1'
                AND delivery.target = 'invoicing.issue_credit_note'
                AND delivery.delivered_at IS NOT NULL)
        """,
    ),
    Invariant(
        code="I7",
        promise="documents are numbered from 1 without gaps in each series",
        sql="""
        SELECT series.code, format('next %s, documents %s, last %s', series.next_number,
            count(document.id), max(document.number))
        FROM invoicing_series series
        LEFT JOIN invoicing_document document ON document.series_id = series.code
        GROUP BY series.code
        HAVING count(document.id) <> series.next_number - 1
            OR coalesce(max(document.number), 0) <> series.next_number - 1
            OR count(DISTINCT document.number) <> count(document.id)
        """,
    ),
)

_DELIVERY = (
    Invariant(
        code="S1",
        promise="each unit of a paid order that was not cancelled is in exactly one shipment",
        sql=f"""
        SELECT o.number, format('line %s: %s to ship, %s in shipments', line.position,
            line.quantity - line.cancelled_quantity, coalesce(packed.units, 0))
        FROM orders_order o
        JOIN orders_orderline line ON line.order_id = o.id AND line.stocked
        LEFT JOIN LATERAL (
            SELECT sum(part.quantity) AS units FROM shipping_shipmentline part
            JOIN shipping_shipment shipment ON shipment.id = part.shipment_id
            WHERE part.order_line_id = line.id
              AND shipment.status NOT IN ('failed', 'overdue', 'withdrawn')
        ) packed ON true
        WHERE o.status IN ('paid', 'completed') AND {_HEARD}
          AND coalesce(packed.units, 0) <> line.quantity - line.cancelled_quantity
        """,  # noqa: S608 - our own constant
    ),
    Invariant(
        code="S2",
        promise="what an order line says was shipped is what left with its shipments",
        sql="""
        SELECT o.number, format('line %s: %s shipped, %s in parcels', line.position,
            line.shipped_quantity, coalesce(gone.units, 0))
        FROM orders_order o
        JOIN orders_orderline line ON line.order_id = o.id
        LEFT JOIN LATERAL (
            SELECT sum(part.quantity) AS units FROM shipping_shipmentline part
            JOIN shipping_shipment shipment ON shipment.id = part.shipment_id
            WHERE part.order_line_id = line.id AND shipment.status IN ('shipped', 'delivered')
        ) gone ON true
        WHERE line.shipped_quantity <> coalesce(gone.units, 0)
        """,
    ),
    Invariant(
        code="S3",
        promise="a completed order has nothing on its way, and no shipment is overlooked when due",
        sql="""
        SELECT shipment.number, shipment.status FROM shipping_shipment shipment
        JOIN orders_order o ON o.id = shipment.order_id
        WHERE shipment.status IN ('waiting', 'requested', 'accepted', 'picked', 'shipped')
          AND (o.status = 'completed' OR shipment.due_at < now() - interval '10 minutes')
        """,
    ),
)

_EVENTS = (
    Invariant(
        code="I10",
        promise="no event has been on its way for more than five minutes",
        sql="""
        SELECT news.type, format('%s: %s', coalesce(delivery.target, 'nowhere yet'),
            coalesce(nullif(left(delivery.last_error, 120), ''), 'no error'))
        FROM events_outboxmessage news
        LEFT JOIN events_delivery delivery ON delivery.message_id = news.id
        WHERE news.occurred_at < now() - interval '5 minutes'
          AND (news.fanned_out_at IS NULL
               OR (delivery.id IS NOT NULL AND delivery.delivered_at IS NULL))
        """,
    ),
)

INVARIANTS = (*_STOCK, *_ORDERS, *_MONEY, *_DOCUMENTS, *_DELIVERY, *_EVENTS)
