"""The PDF of a document: drawn when it is first read, and kept privately from then on."""

import logging

from apps.invoicing import gateways
from apps.invoicing.models import Document

logger = logging.getLogger(__name__)


def read_document(document: Document) -> bytes:
    """A document's PDF; where the storage does not answer it is drawn again, to the same bytes."""
    if document.file:
        try:
            return gateways.read(document.file)
        except Exception:
            logger.exception("%s is drawn anew, its file cannot be read", document)
            return gateways.draw(document)
    content = gateways.draw(document)
    try:
        _keep(document, content)
    except Exception:
        logger.exception("%s is not kept yet", document)
    return content


def _keep(document: Document, content: bytes) -> None:
    name = gateways.keep(f"documents/{document.pk}/{document.label}.pdf", content)
    Document.objects.filter(pk=document.pk, file="").update(file=name)
