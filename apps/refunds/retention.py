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
)
