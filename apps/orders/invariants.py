"""What orders promise, of themselves and of the stock and the money that belong to them.

Where an effect follows an event, an order is judged once all of its events have reached our handlers.
"""

from apps.core.types import Invariant, Scope, exponents, uuid_in
from apps.events.types import heard

_HEARD = heard("o.id::text")

ORDERS = Scope(
    name="orders",
    # Whatever happens to an order is announced under its id, or names it; and one that was written
    # without a word is found by its time.
    changed=f"""
    SELECT o.id FROM orders_order o WHERE o.accepted_at > %(since)s
    UNION
    SELECT o.id FROM orders_order o JOIN (
        SELECT DISTINCT {uuid_in("coalesce(payload->>'order_id', subject)")} AS about
        FROM events_outboxmessage WHERE id > %(since_id)s
    ) news ON o.id = news.about
    """,
    table="orders_order",
    key="uuid",
)
RESERVATIONS = Scope(
    name="reservations",
    changed="SELECT id FROM inventory_reservation WHERE created_at > %(since)s",
    table="inventory_reservation",
    key="bigint",
)
SCOPES = (ORDERS, RESERVATIONS)

INVARIANTS = (
    Invariant(
        code="I3",
        promise="each order was announced exactly once, as placed or as rejected",
        scope="orders",
        sql="""
        SELECT o.number, format('announced %%s times', count(news.id))
        FROM orders_order o
        LEFT JOIN events_outboxmessage news ON news.subject = o.id::text
          AND (news.type = 'orders.order.placed.v1'
               OR (news.type = 'orders.order.rejected.v1' AND (news.payload->>'version')::int = 1))
        WHERE o.id = ANY(%(keys)s::uuid[]) AND o.created_at > %(events_since)s
        GROUP BY o.id HAVING count(news.id) <> 1
        """,
    ),
    Invariant(
        code="I5a",
        promise="a paid order was announced as paid, and its goods are reserved or have left",
        scope="orders",
        sql=f"""
        SELECT o.number, format('line %%s: %%s sold, %%s cancelled, %%s promised', line.position,
            line.quantity, line.cancelled_quantity, coalesce(promised.units, 0))
        FROM orders_order o
        JOIN orders_orderline line ON line.order_id = o.id AND line.stocked
        LEFT JOIN LATERAL (
            SELECT sum(quantity) AS units FROM inventory_reservation promise
            WHERE promise.reference = o.id AND promise.sku = line.sku
        ) promised ON true
        WHERE o.id = ANY(%(keys)s::uuid[]) AND o.created_at > %(events_since)s
          AND o.status IN ('paid', 'completed') AND {_HEARD}
          AND coalesce(promised.units, 0) < line.quantity - line.cancelled_quantity
        UNION ALL
        SELECT o.number, 'never announced as paid' FROM orders_order o
        WHERE o.id = ANY(%(keys)s::uuid[]) AND o.created_at > %(events_since)s
          AND o.status IN ('paid', 'completed') AND NOT EXISTS (
            SELECT FROM events_outboxmessage news
            WHERE news.subject = o.id::text AND news.type = 'orders.order.paid.v1')
        """,
    ),
    Invariant(
        code="I5b",
        promise="a stopped or completed order holds no stock",
        scope="orders",
        sql="""
        SELECT o.number, format('%%s × %%s', sum(promise.quantity - promise.shipped), promise.sku)
        FROM orders_order o JOIN inventory_reservation promise ON promise.reference = o.id
        WHERE o.id = ANY(%(keys)s::uuid[])
          AND o.status IN ('rejected', 'cancelled', 'completed') AND promise.released_at IS NULL
        GROUP BY o.id, promise.sku HAVING sum(promise.quantity - promise.shipped) > 0
        """,
    ),
    Invariant(
        code="I6",
        promise="an order's total is what its lines, shipping, tax and adjustments add up to",
        scope="orders",
        sql="""
        SELECT o.number, format('%%s %%s', o.total_minor, o.currency)
        FROM orders_order o
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(amount_minor), 0) AS amount, coalesce(sum(paid_minor), 0) AS paid,
                coalesce(sum(tax_minor), 0) AS tax,
                coalesce(bool_or(currency <> o.currency), false) AS foreign_line
            FROM orders_orderline line WHERE line.order_id = o.id
        ) lines ON true
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(amount_minor), 0) AS minor
            FROM orders_orderadjustment part WHERE part.order_id = o.id AND part.line_id IS NULL
        ) postage ON true
        WHERE o.id = ANY(%(keys)s::uuid[]) AND (
            o.total_minor <> o.lines_minor + o.shipping_minor + o.tax_minor + o.adjustments_minor
            OR o.lines_minor <> lines.amount - CASE WHEN o.tax_included THEN lines.tax ELSE 0 END
            OR o.tax_minor < lines.tax OR lines.foreign_line
            OR o.total_minor <> lines.paid + CASE WHEN o.tax_included THEN 0 ELSE lines.tax END
                + o.shipping_minor + o.tax_minor - lines.tax + postage.minor
            -- What is paid for shipping, its tax included where prices contain it.
            OR o.shipping_minor + postage.minor
                + CASE WHEN o.tax_included THEN o.tax_minor - lines.tax ELSE 0 END < 0)
        """,
    ),
    Invariant(
        code="O1",
        promise="a line's amount is its quantity at its price",
        scope="orders",
        sql=f"""
        SELECT o.number, format('line %%s: %%s × %%s is not %%s', line.position, line.quantity,
            line.unit_price, line.amount_minor)
        FROM orders_order o JOIN orders_orderline line ON line.order_id = o.id
        WHERE o.id = ANY(%(keys)s::uuid[])
          -- Numeric: a power of whole numbers is a double, of which halves are rounded to even.
          AND abs(line.amount_minor) <> abs(round(
              line.quantity * line.unit_price * 10::numeric ^ (CASE o.currency {exponents()} ELSE 2 END)))
        """,
    ),
    Invariant(
        code="O2",
        promise="an order has lines or shipping, and says whose it is and where it goes",
        scope="orders",
        sql="""
        SELECT o.number, 'no line, no charge for shipping' FROM orders_order o
        WHERE o.id = ANY(%(keys)s::uuid[]) AND o.shipping_minor + o.tax_minor = 0
          AND NOT EXISTS (SELECT FROM orders_orderline line WHERE line.order_id = o.id)
        UNION ALL
        SELECT o.number, 'no address' FROM orders_order o
        WHERE o.id = ANY(%(keys)s::uuid[]) AND o.erased_at IS NULL AND (
            o.email = '' OR coalesce(o.address->>'name', '') = ''
            OR coalesce(o.address->>'line1', '') = '' OR coalesce(o.address->>'country', '') = '')
        """,
    ),
    Invariant(
        code="O3",
        promise="an order belongs to the customer of whom it was announced",
        scope="orders",
        sql="""
        SELECT o.number, format('of %%s, announced of %%s', coalesce(o.customer_id::text, 'nobody'),
            coalesce(news.payload->>'customer_id', 'nobody'))
        FROM orders_order o JOIN events_outboxmessage news ON news.subject = o.id::text
          AND news.type = 'orders.order.placed.v1'
        WHERE o.id = ANY(%(keys)s::uuid[])
          AND o.customer_id::text IS DISTINCT FROM news.payload->>'customer_id'
        """,
    ),
    Invariant(
        code="O4",
        promise="an order that was taken has its payment",
        scope="orders",
        sql="""
        SELECT o.number, format('%%s, and no payment', o.status) FROM orders_order o
        WHERE o.id = ANY(%(keys)s::uuid[]) AND (
            o.status NOT IN ('rejected') OR EXISTS (
                SELECT FROM events_outboxmessage news
                WHERE news.subject = o.id::text AND news.type = 'orders.order.placed.v1'))
          AND NOT EXISTS (SELECT FROM payments_payment payment WHERE payment.reference = o.id)
        """,
    ),
    Invariant(
        code="O5",
        promise="every payment is an order's",
        scope="payments",
        sql="""
        SELECT payment.id, format('%%s %%s taken for no order', payment.captured_minor,
            payment.currency)
        FROM payments_payment payment
        WHERE payment.id = ANY(%(keys)s::uuid[])
          AND NOT EXISTS (SELECT FROM orders_order o WHERE o.id = payment.reference)
        """,
    ),
    Invariant(
        code="O6",
        promise="every reservation is an order's, or will lapse",
        scope="reservations",
        sql="""
        SELECT promise.sku, format('%%s units for no order', promise.quantity - promise.shipped)
        FROM inventory_reservation promise
        WHERE promise.id = ANY(%(keys)s::bigint[]) AND promise.released_at IS NULL
          AND NOT EXISTS (SELECT FROM orders_order o WHERE o.id = promise.reference)
        """,
    ),
    Invariant(
        code="O7",
        promise="what was accepted is somewhere",
        sql="""
        SELECT missing.number, format('accepted %%s, nowhere', missing.accepted_at)
        FROM orders_missingorder missing
        WHERE missing.settled_at IS NULL AND missing.noticed_at IS NOT NULL
          AND NOT EXISTS (SELECT FROM orders_order o WHERE o.id = missing.id)
          AND NOT EXISTS (
              SELECT FROM deadletters_deadletter letter
              WHERE letter.queue = 'orders-dlq' AND letter.identity = missing.id::text)
        """,
    ),
    Invariant(
        code="O8",
        promise="no order has waited among the dead letters for more than a day",
        sql="""
        SELECT letter.identity, format('set aside %%s: %%s', letter.seen_at, left(letter.reason, 80))
        FROM deadletters_deadletter letter
        WHERE letter.queue = 'orders-dlq' AND letter.state = 'waiting'
          AND letter.seen_at < now() - interval '1 day'
        """,
    ),
    Invariant(
        code="O9",
        promise="what is paid for a line is its amount with its adjustments",
        scope="orders",
        sql="""
        SELECT o.number, format('line %%s: %%s and %%s is not %%s', line.position, line.amount_minor,
            parts.minor, line.paid_minor)
        FROM orders_order o JOIN orders_orderline line ON line.order_id = o.id
        JOIN LATERAL (
            SELECT coalesce(sum(part.amount_minor), 0) AS minor
            FROM orders_orderadjustment part
            WHERE part.order_id = o.id AND part.line_id = line.id
        ) parts ON true
        WHERE o.id = ANY(%(keys)s::uuid[]) AND line.paid_minor <> line.amount_minor + parts.minor
        """,
    ),
    Invariant(
        code="O10",
        promise="an order's adjustments are what their parts add up to, on its own lines or its shipping",
        scope="orders",
        sql="""
        SELECT o.number, format('%%s, parts %%s', o.adjustments_minor, parts.minor)
        FROM orders_order o
        JOIN LATERAL (
            SELECT coalesce(sum(part.amount_minor), 0) AS minor, coalesce(bool_or(
                part.currency <> o.currency OR line.order_id <> o.id), false) AS is_foreign
            FROM orders_orderadjustment part
            LEFT JOIN orders_orderline line ON line.id = part.line_id
            WHERE part.order_id = o.id
        ) parts ON true
        WHERE o.id = ANY(%(keys)s::uuid[])
          AND (o.adjustments_minor <> parts.minor OR parts.is_foreign)
        """,
    ),
    Invariant(
        code="I9a",
        promise="an order's versions rise with each of its announcements",
        scope="orders",
        sql="""
        SELECT number, format('version %%s after %%s', version, before) FROM (
            SELECT o.number, (news.payload->>'version')::int AS version,
                lag((news.payload->>'version')::int) OVER (
                    PARTITION BY news.subject ORDER BY news.id) AS before
            FROM orders_order o JOIN events_outboxmessage news ON news.subject = o.id::text
            WHERE o.id = ANY(%(keys)s::uuid[]) AND news.type LIKE 'orders.order.%%'
        ) history WHERE version <= before
        """,
    ),
    Invariant(
        code="I9b",
        promise="an order's state is the one that was announced last",
        scope="orders",
        sql="""
        SELECT o.number, format('%%s, but last announced: %%s', o.status, last.type)
        FROM orders_order o
        JOIN LATERAL (
            SELECT split_part(news.type, '.', 3) AS type FROM events_outboxmessage news
            WHERE news.subject = o.id::text AND news.type LIKE 'orders.order.%%'
              AND news.type NOT IN ('orders.order.approved.v1', 'orders.order.units_cancelled.v1')
            ORDER BY news.id DESC LIMIT 1
        ) last ON true
        WHERE o.id = ANY(%(keys)s::uuid[]) AND o.status <> last.type
        """,
    ),
    Invariant(
        code="I9c",
        promise="no order waits longer than it may",
        sql="""
        SELECT number, status FROM orders_order
        WHERE status = 'awaiting_payment' AND pay_by < now() - interval '10 minutes'
        UNION ALL
        SELECT number, status FROM orders_order
        WHERE status = 'placed' AND created_at < now() - interval '1 hour'
        UNION ALL
        SELECT number, status FROM orders_order
        WHERE status = 'awaiting_approval' AND approved_at IS NULL
            AND approve_by < now() - interval '10 minutes'
        """,
    ),
    Invariant(
        code="I12",
        promise="what staff decided about an order names who decided",
        scope="orders",
        sql="""
        SELECT subject, type FROM events_outboxmessage
        WHERE subject = ANY(%(keys)s) AND actor_id IS NULL AND (type = 'orders.order.approved.v1'
            OR (type = 'orders.order.cancelled.v1' AND payload->>'reason' = 'staff'))
        """,
    ),
    Invariant(
        code="I4a",
        promise="an order's shares come to its total at most, each in its currency and taken whole or not at all",
        scope="orders",
        sql="""
        SELECT o.number, format('share %%s: %%s taken of %%s %%s', payment.share,
            payment.captured_minor, payment.amount_minor, payment.currency)
        FROM orders_order o JOIN payments_payment payment ON payment.reference = o.id
        WHERE o.id = ANY(%(keys)s::uuid[]) AND (
            payment.currency <> o.currency
            OR payment.captured_minor NOT IN (0, payment.amount_minor)
            OR payment.refunded_minor > payment.captured_minor)
        UNION ALL
        SELECT o.number, format('shares of %%s for %%s %%s', shares.minor, o.total_minor, o.currency)
        FROM orders_order o
        JOIN LATERAL (
            SELECT sum(minor) AS minor FROM (
                SELECT max(amount_minor) AS minor FROM payments_payment payment
                WHERE payment.reference = o.id GROUP BY payment.share
            ) share
        ) shares ON true
        WHERE o.id = ANY(%(keys)s::uuid[]) AND shares.minor > o.total_minor
        """,
    ),
)
