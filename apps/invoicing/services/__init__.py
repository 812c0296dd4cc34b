"""Issue invoices and credit notes, and draw them."""

from apps.invoicing.services.issuance import issue_credit_note, issue_invoice
from apps.invoicing.services.pdf_files import keep_font, read_document

__all__ = ["issue_credit_note", "issue_invoice", "keep_font", "read_document"]
