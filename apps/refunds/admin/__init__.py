"""Requests, and the ledger of what went back."""

from apps.refunds.admin.ledger import RefundAdmin
from apps.refunds.admin.requests import RefundRequestAdmin

__all__ = ["RefundAdmin", "RefundRequestAdmin"]
