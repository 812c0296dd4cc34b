"""What staff see of money."""

from apps.payments.admin.credit import CreditAccountAdmin, CreditEntryAdmin
from apps.payments.admin.ledger import (
    DifferenceAdmin,
    PaymentAdmin,
    TransactionAdmin,
    WebhookEventAdmin,
)

__all__ = [
    "CreditAccountAdmin",
    "CreditEntryAdmin",
    "DifferenceAdmin",
    "PaymentAdmin",
    "TransactionAdmin",
    "WebhookEventAdmin",
]
