"""Issue invoices and credit notes, and draw them."""

from apps.invoicing.services.drawing import draw_document, read_document
from apps.invoicing.services.issuing import issue_credit_note, issue_invoice

__all__ = ["draw_document", "issue_credit_note", "issue_invoice", "read_document"]
