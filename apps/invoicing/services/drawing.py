"""The PDF of a document: drawn once, kept privately, and drawn on the spot if it is asked for before."""

import logging
from uuid import UUID

from apps.invoicing import gateways
from apps.invoicing.models import Document

logger = logging.getLogger(__name__)


def draw_document(*, document_id: UUID) -> None:
    """Draw a document and keep its PDF; a repeat draws nothing. Raises what the storage raises."""
    document = Document.objects.get(pk=document_id)
    if not document.file:
        _keep(document, gateways.draw(document))


def read_document(document: Document) -> bytes:
    """A document's PDF, even if it was not drawn yet or the storage does not answer."""
    if document.file:
        try:
            return gateways.read(document.file)
        except Exception:
            logger.exception("%s is drawn anew, its file cannot be read", document)
    return gateways.draw(document)


def _keep(document: Document, content: bytes) -> None:
    name = gateways.keep(f"documents/{document.pk}/{document.label}.pdf", content)
    Document.objects.filter(pk=document.pk, file="").update(file=name)
