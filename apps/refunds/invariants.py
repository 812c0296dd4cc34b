"""What is promised of money and goods that go back."""

from apps.core.types import Invariant, Scope, uuid_in
from apps.events.types import heard

_HEARD = heard("o.id::text")

REFUNDS = Scope(
    name="refunds",
    changed=f"""
    SELECT refund.id FROM refunds_refund refund JOIN (
        SELECT DISTINCT {uuid_in("subject")} AS about
        FROM events_outboxmessage WHERE id > %(since_id)s
    ) news ON refund.id = news.about
    """,
    table="refunds_refund",
    key="uuid",
)
MOVEMENTS = Scope(
    name="movements",
    changed="SELECT id FROM inventory_movement WHERE created_at > %(since)s",
    table="inventory_movement",
    key="bigint",
)
SCOPES = (REFUNDS, MOVEMENTS)

INVARIANTS = (
    Invariant(
        code="I4c",
        promise="a paid order's money was taken, and a stopped order keeps none but what is going back",
        scope="orders",
        sql=f"""
        SELECT o.number, format('%%s: captured %%s, refunded %%s, granted %%s', o.status,
            payment.captured, payment.refunded, granted.minor)
        FROM orders_order o
        JOIN LATERAL (
            SELECT sum(captured_minor) AS captured, sum(refunded_minor) AS refunded
            FROM payments_payment
            WHERE reference = o.id AND (closed_at IS NULL OR o.paid_at IS NULL)
            HAVING count(*) > 0
        ) payment ON true
        JOIN LATERAL (
            SELECT coalesce(sum(amount_minor), 0) AS minor,
                coalesce(sum(amount_minor) FILTER (
                    WHERE state <> 'paid' OR paid_note <> ''), 0) AS apart
            FROM refunds_refund refund WHERE refund.order_id = o.id
        ) granted ON true
        WHERE o.id = ANY(%(keys)s::uuid[]) AND {_HEARD} AND (
            (o.status IN ('paid', 'completed') AND payment.captured <> o.total_minor)
            OR (o.status IN ('rejected', 'cancelled')
                AND payment.captured <> greatest(payment.refunded, granted.minor))
            OR (o.status IN ('rejected', 'cancelled') AND granted.apart = 0
                AND payment.captured <> payment.refunded))
        """,
    ),
    Invariant(
        code="I4d",
        promise="no more is granted back than was captured, nor more units than were bought",
        scope="orders",
        sql="""
        SELECT o.number, format('granted %%s, captured %%s', granted.minor, payment.captured)
        FROM orders_order o
        JOIN LATERAL (
            SELECT sum(amount_minor) AS minor FROM refunds_refund WHERE order_id = o.id
        ) granted ON true
        JOIN LATERAL (
            SELECT sum(captured_minor) AS captured FROM payments_payment
            WHERE reference = o.id AND closed_at IS NULL
        ) payment ON true
        WHERE o.id = ANY(%(keys)s::uuid[]) AND granted.minor > coalesce(payment.captured, 0)
        UNION ALL
        SELECT o.number, format('line %%s: %%s of %%s units', line.position, sum(back.quantity),
            line.quantity)
        FROM orders_order o
        JOIN orders_orderline line ON line.order_id = o.id
        JOIN refunds_refundline back ON back.order_line_id = line.id
        WHERE o.id = ANY(%(keys)s::uuid[])
        GROUP BY o.id, line.id HAVING sum(back.quantity) > line.quantity
        """,
    ),
    Invariant(
        code="I4e",
        promise="a refund that was paid is in the payments' ledger, once and of its amount",
        scope="refunds",
        sql="""
        SELECT refund.id, format('%%s granted, %%s sent', refund.amount_minor, sent.minor)
        FROM refunds_refund refund
        JOIN LATERAL (
            SELECT coalesce(sum(entry.amount_minor), 0) AS minor
            FROM payments_payment payment
            JOIN payments_transaction entry ON entry.payment_id = payment.id
            WHERE payment.reference = refund.order_id AND entry.kind = 'refund'
              AND entry.outcome = 'succeeded'
              AND NOT EXISTS (
                  SELECT FROM payments_transaction returned
                  WHERE returned.idempotency_key = entry.idempotency_key
                    AND returned.outcome = 'declined')
              AND (entry.idempotency_key = format('%%s:refund:%%s', payment.id, refund.id)
                   OR entry.idempotency_key LIKE
                       format('%%s:refund:%%s:%%%%', payment.id, refund.id))
        ) sent ON true
        WHERE refund.id = ANY(%(keys)s::uuid[]) AND refund.order_id IS NOT NULL AND (
            sent.minor > refund.amount_minor
            OR (refund.state = 'paid' AND refund.paid_note = ''
                AND sent.minor <> refund.amount_minor))
        """,
    ),
    Invariant(
        code="I4f",
        promise="a refund is what was paid for its lines and its shipping, with its adjustments",
        scope="refunds",
        sql="""
        SELECT refund.id, format('goods %%s, lines %%s; adjustments %%s, parts %%s',
            refund.lines_minor, lines.minor, refund.adjustments_minor, parts.minor)
        FROM refunds_refund refund
        JOIN LATERAL (
            SELECT coalesce(sum(line.paid_minor), 0) AS minor
            FROM refunds_refundline line WHERE line.refund_id = refund.id
        ) lines ON true
        JOIN LATERAL (
            SELECT coalesce(sum(part.amount_minor), 0) AS minor
            FROM refunds_refundadjustment part WHERE part.refund_id = refund.id
        ) parts ON true
        WHERE refund.id = ANY(%(keys)s::uuid[]) AND (
            refund.lines_minor <> lines.minor OR refund.adjustments_minor <> parts.minor
            OR refund.amount_minor <> lines.minor + refund.shipping_minor + parts.minor)
        """,
    ),
    Invariant(
        code="R3",
        promise="a line of a refund gives back what was paid for its units, with its adjustments",
        scope="refunds",
        sql="""
        SELECT refund.id, format('%%s × %%s: %%s and %%s is not %%s', line.quantity, line.sku,
            line.paid_minor, parts.minor, line.amount_minor)
        FROM refunds_refund refund JOIN refunds_refundline line ON line.refund_id = refund.id
        JOIN LATERAL (
            SELECT coalesce(sum(part.amount_minor), 0) AS minor
            FROM refunds_refundadjustment part
            WHERE part.refund_id = refund.id AND part.line_id = line.id
        ) parts ON true
        WHERE refund.id = ANY(%(keys)s::uuid[]) AND line.amount_minor <> line.paid_minor + parts.minor
        """,
    ),
    Invariant(
        code="R1",
        promise="money that was granted is on its way within a day",
        sql="""
        SELECT refund.id, format('%%s since %%s: %%s %%s', refund.state, refund.created_at,
            refund.amount_minor, refund.currency)
        FROM refunds_refund refund
        WHERE refund.state = 'approved' AND refund.order_id IS NOT NULL
          AND refund.amount_minor > 0 AND refund.created_at < now() - interval '1 day'
        """,
    ),
    Invariant(
        code="R2",
        promise="goods that came in or went out did so for a reason that can be named",
        scope="movements",
        sql=f"""
        SELECT movement.sku, format('%%s × %%s for %%s', movement.quantity, movement.reason,
            movement.reference)
        FROM inventory_movement movement
        WHERE movement.id = ANY(%(keys)s::bigint[]) AND (
            (movement.reason = 'shipped' AND NOT EXISTS (
                SELECT FROM shipping_shipment shipment
                WHERE shipment.id = {uuid_in("split_part(movement.reference, ':', 1)")}))
            OR (movement.reason = 'returned' AND movement.reference LIKE 'refund:%%' AND NOT EXISTS (
                SELECT FROM refunds_refund refund
                WHERE refund.id = {uuid_in("substr(movement.reference, 8)")}))
            OR (movement.reason IN ('shipped', 'returned') AND movement.reference = ''))
        """,
    ),
)
