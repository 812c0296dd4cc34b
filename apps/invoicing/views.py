"""Documents for whoever holds the key of an order's page."""

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.checkout.selectors import is_status_key
from apps.core.selectors import offers_downloads
from apps.core.types import Download
from apps.invoicing.selectors import find_document, list_documents
from apps.invoicing.services import read_document


@offers_downloads
def downloads(order_id: UUID, key: str) -> Iterator[Download]:
    """The documents of an order, in the order in which they were issued."""
    for one in list_documents(order_id):
        address = reverse("invoicing:document", args=[order_id, key, one.pk])
        yield Download(
            label=f"{one.get_kind_display().capitalize()} {one.label} (PDF)", address=address
        )


@require_safe
def document(request: HttpRequest, order_id: UUID, key: str, document_id: UUID) -> HttpResponse:
    """An invoice or credit note of this order as PDF; another order's is not here."""
    if not is_status_key(key, order_id=order_id):
        raise Http404
    found = find_document(document_id=document_id, order_id=order_id)
    if found is None:
        raise Http404
    response = HttpResponse(read_document(found), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.label}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response
