"""What staff see of money."""

from apps.payments.admin.credit import CreditAccountAdmin, CreditEntryAdmin
from apps.payments.admin.ledger import (
    DiscrepancyAdmin,
    PaymentAdmin,
    TransactionAdmin,
    WebhookEventAdmin,
)

__all__ = [
    "CreditAccountAdmin",
    "CreditEntryAdmin",
    "DiscrepancyAdmin",
    "PaymentAdmin",
    "TransactionAdmin",
    "WebhookEventAdmin",
]
