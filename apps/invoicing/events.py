"""What invoicing announces, to itself only: a document was issued, now it may be drawn."""

from apps.events.types import Event


class DocumentIssued(Event, frozen=True, kw_only=True):
    """An invoice or a credit note got its number."""

    type = "invoicing.document.issued.v1"
    subject = "document_id"

    document_id: str
    label: str
