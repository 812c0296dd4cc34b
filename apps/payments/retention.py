"""How long money's books are kept, and what gateways said."""

from django.conf import settings

from apps.core.types import Retention

# Germany: § 147 AO, ten years for books and eight for vouchers. United Kingdom: HMRC, six years.
_BOOKS = "Books: the law asks for up to ten years (§ 147 AO; HMRC: six), and sums need every row."

RETENTION = (
    Retention(
        model="payments.Payment",
        why=_BOOKS,
        # The gateway's word for the means of payment.
        personal=("token",),
    ),
    Retention(model="payments.Transaction", why=_BOOKS),
    Retention(model="payments.CreditAccount", why=_BOOKS),
    Retention(model="payments.CreditEntry", why=_BOOKS, impersonal=("note",)),
    Retention(
        model="payments.WebhookEvent",
        days=90,
        why="No gateway repeats a message for so long, and a repeat would find the payment as it is.",
        personal=("news",),
        expired="""
        SELECT id FROM payments_webhookevent
        WHERE received_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
    Retention(
        model="payments.Discrepancy",
        days=settings.EVENTS_KEPT_DAYS,
        why="What was settled is looked up until the year's accounts are closed; open ones stay.",
        impersonal=("note",),
        expired="""
        SELECT id FROM payments_discrepancy
        WHERE settled_at < %(before)s ORDER BY id LIMIT %(batch)s
        """,
    ),
)
