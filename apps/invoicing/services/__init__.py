"""Issue invoices and credit notes, and draw them."""

from apps.invoicing.services.drawing import keep_font, read_document
from apps.invoicing.services.issuing import issue_credit_note, issue_invoice

__all__ = ["issue_credit_note", "issue_invoice", "keep_font", "read_document"]
