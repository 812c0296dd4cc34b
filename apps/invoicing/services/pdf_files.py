"""The PDF of a document: drawn when it is first read, and kept privately from then on."""

import json
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
    if gateways.lacks_letters(json.dumps(document.content, ensure_ascii=False)):
        # Drawn anew until somebody brings the font: what is kept is never drawn again.
        return content
    try:
        _keep(document, content)
    except Exception:
        logger.exception("%s is not kept yet", document)
    return content


def _keep(document: Document, content: bytes) -> None:
    name = gateways.keep(f"documents/{document.pk}/{document.label}.pdf", content)
    Document.objects.filter(pk=document.pk, file="").update(file=name)


def keep_font(*, name: str, content: bytes) -> None:
    """Put a font where documents are drawn from, in place of one of that name."""
    gateways.keep_font(name, content)
