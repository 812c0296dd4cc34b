"""Questions about invoices and credit notes."""

from uuid import UUID

from django.db.models import QuerySet

from apps.invoicing.models import Document
from apps.invoicing.types import DocumentKind


def find_invoice(order_id: UUID) -> Document | None:
    """The invoice of an order; None while none was issued."""
    return Document.objects.filter(order=order_id, kind=DocumentKind.INVOICE).first()


def list_documents(order_id: UUID) -> QuerySet[Document]:
    """All that was issued about an order, in the order in which it was."""
    return Document.objects.filter(order=order_id).order_by("issued_at", "label")


def find_document(*, document_id: UUID, order_id: UUID | None = None) -> Document | None:
    """A document; with an order named, only if it is of that order."""
    documents = Document.objects.filter(pk=document_id)
    return (documents.filter(order=order_id) if order_id else documents).first()
