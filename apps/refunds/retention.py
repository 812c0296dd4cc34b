"""How long returns and refunds are kept."""

from apps.core.types import Retention

_BOOKS = "Part of the sale's books: the law asks for up to ten years (§ 147 AO; HMRC: six)."

RETENTION = (
    Retention(model="refunds.RefundRequest", why=_BOOKS, personal=("text",)),
    Retention(model="refunds.RefundRequestLine", why=_BOOKS),
    Retention(model="refunds.RefundPicture", why=_BOOKS, impersonal=("name",)),
    Retention(
        model="refunds.Refund",
        why=_BOOKS,
        # Whom a credit without an order is for.
        personal=("party",),
        impersonal=("paid_note",),
    ),
    Retention(model="refunds.RefundLine", why=_BOOKS),
    Retention(model="refunds.RefundAdjustment", why=_BOOKS),
    Retention(
        model="refunds.RefundRequest",
        why="What a customer wrote goes with the order that was erased, once it was decided about.",
        expired="""
        SELECT request.id FROM refunds_refundrequest request
        JOIN orders_order o ON o.id = request.order_id AND o.erased_at IS NOT NULL
        WHERE request.text <> '' AND request.state <> 'requested'
        ORDER BY request.id LIMIT %(batch)s
        """,
        clear="UPDATE refunds_refundrequest SET text = '' WHERE id = ANY(%(keys)s)",
    ),
    Retention(
        model="refunds.Refund",
        why="Whom the money went back to goes with the order that was erased.",
        expired="""
        SELECT refund.id FROM refunds_refund refund
        JOIN orders_order o ON o.id = refund.order_id AND o.erased_at IS NOT NULL
        WHERE refund.party <> '' AND refund.state = 'paid'
        ORDER BY refund.id LIMIT %(batch)s
        """,
        clear="UPDATE refunds_refund SET party = '' WHERE id = ANY(%(keys)s)",
    ),
)
