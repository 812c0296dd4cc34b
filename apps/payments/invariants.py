"""What the ledger of payments promises."""

from apps.core.types import Invariant, Scope, uuid_in
from apps.events.types import heard

_HEARD = heard("payment.reference::text")

PAYMENTS = Scope(
    name="payments",
    changed=f"""
    SELECT payment.id FROM payments_payment payment JOIN (
        SELECT DISTINCT {uuid_in("subject")} AS about
        FROM events_outboxmessage WHERE id > %(since_id)s
    ) news ON payment.reference = news.about
    UNION SELECT id FROM payments_payment WHERE id > %(since_id)s
    """,
    table="payments_payment",
    key="uuid",
)
SCOPES = (PAYMENTS,)

INVARIANTS = (
    Invariant(
        code="I4b",
        promise="what a payment says was taken and given back is what its ledger adds up to",
        scope="payments",
        sql="""
        SELECT payment.id, format('captured %%s, ledger %%s; refunded %%s, ledger %%s',
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
        WHERE payment.id = ANY(%(keys)s::uuid[])
            AND (payment.captured_minor <> coalesce(ledger.captured, 0)
                OR payment.refunded_minor <> coalesce(ledger.refunded, 0))
        """,
    ),
    Invariant(
        code="M1",
        promise="what was taken or given back was announced",
        scope="payments",
        sql="""
        SELECT payment.id, format('%%s announced, captured %%s', count(news.id),
            payment.captured_minor)
        FROM payments_payment payment
        LEFT JOIN events_outboxmessage news ON news.subject = payment.reference::text
            AND news.type = 'payments.payment.captured.v1'
            AND news.payload->>'payment_id' = payment.id::text
        WHERE payment.id = ANY(%(keys)s::uuid[]) AND payment.captured_minor > 0
            AND payment.created_at > %(events_since)s
        GROUP BY payment.id HAVING count(news.id) <> 1
        """,
    ),
    Invariant(
        code="M2",
        promise="what came by an attempt that another had taken the place of has gone back",
        scope="payments",
        sql=f"""
        SELECT payment.id, format('share %%s, attempt %%s: captured %%s, refunded %%s',
            payment.share, payment.attempt, payment.captured_minor, payment.refunded_minor)
        FROM payments_payment payment
        WHERE payment.id = ANY(%(keys)s::uuid[]) AND payment.closed_at IS NOT NULL
            AND payment.captured_minor <> payment.refunded_minor AND {_HEARD}
        """,
    ),
    Invariant(
        code="M3",
        promise="all attempts at a share are of one amount in one currency, and are numbered from 1",
        scope="payments",
        sql="""
        SELECT payment.reference, format('share %%s: %%s to %%s, %%s attempts, last %%s',
            payment.share, min(other.amount_minor), max(other.amount_minor), count(*),
            max(other.attempt))
        FROM payments_payment payment
        JOIN payments_payment other
            ON other.reference = payment.reference AND other.share = payment.share
        WHERE payment.id = ANY(%(keys)s::uuid[])
        GROUP BY payment.id
        HAVING min(other.amount_minor) <> max(other.amount_minor)
            OR min(other.currency) <> max(other.currency) OR max(other.attempt) <> count(*)
        """,
    ),
)
