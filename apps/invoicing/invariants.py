"""What invoices and credit notes promise."""

from apps.core.types import Invariant
from apps.events.types import heard
from apps.orders.types import Channel

_HEARD = heard("o.id::text")

SCOPES = ()

INVARIANTS = (
    Invariant(
        code="I5c",
        promise="an order that was paid here and heard of has exactly one invoice, of its total",
        scope="orders",
        sql=f"""
        SELECT o.number, format('%%s invoices of %%s, total %%s', count(document.id),
            coalesce(sum(document.total_minor), 0), o.total_minor)
        FROM orders_order o
        LEFT JOIN invoicing_document document
          ON document.order_id = o.id AND document.kind = 'invoice'
        WHERE o.id = ANY(%(keys)s::uuid[]) AND o.paid_at > %(deliveries_since)s
          AND o.channel <> '{Channel.IMPORT}' AND {_HEARD} AND EXISTS (
            SELECT FROM events_outboxmessage news
            WHERE news.subject = o.id::text AND news.type = 'orders.order.paid.v1')
        GROUP BY o.id
        HAVING count(document.id) <> 1 OR sum(document.total_minor) <> o.total_minor
        """,
    ),
    Invariant(
        code="I4g",
        promise="a refund of an invoiced order that was paid has its credit note, of its amount",
        scope="refunds",
        sql="""
        SELECT refund.id, format('%%s paid, %%s credited', refund.amount_minor, note.total_minor)
        FROM refunds_refund refund
        JOIN invoicing_document invoice
          ON invoice.order_id = refund.order_id AND invoice.kind = 'invoice'
        LEFT JOIN invoicing_document note ON note.refund_id = refund.id
        WHERE refund.id = ANY(%(keys)s::uuid[]) AND refund.state = 'paid' AND refund.amount_minor > 0
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
        # A number is there once and is at least 1, by constraints; so as many as the last are all of them.
        promise="documents are numbered from 1 without gaps in each series",
        sql="""
        SELECT series.code, format('next %%s, documents %%s, last %%s', series.next_number,
            issued.count, issued.last)
        FROM invoicing_series series
        JOIN LATERAL (
            SELECT count(*) AS count, coalesce(max(number), 0) AS last
            FROM invoicing_document document WHERE document.series_id = series.code
        ) issued ON true
        WHERE issued.count <> series.next_number - 1 OR issued.last <> series.next_number - 1
        """,
    ),
)
