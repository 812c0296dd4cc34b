from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ReadOnlyAdmin, lists, money_column
from apps.invoicing import services
from apps.invoicing.models import Document, Series
from apps.invoicing.selectors import find_document

for _kind in ("order", "customer"):
    lists(of=_kind, model=Document, title=_("documents"))


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """Invoices and credit notes as they were issued."""

    list_display = ["label", "kind", "order", "shown_total", "issued_at", "corrects", "download"]
    list_filter = ["issued_at", "kind", "series", "currency"]
    list_select_related = ["order", "corrects"]
    search_fields = ["=label", "=order__number", "=order__email"]
    search_help_text = _("A whole document number, order number or e-mail address")
    ordering = ["-issued_at", "-label"]
    fields = [*list_display, "language"]
    shown_total = money_column("total_minor", label=_("total"))

    @admin.display(description=_("file"))
    def download(self, document: Document) -> SafeString:
        """A link to the document as it is printed."""
        address = reverse("admin:invoicing_document_file", args=[document.pk])
        return format_html('<a href="{}">{}</a>', address, gettext("PDF"))

    def get_urls(self) -> list[Any]:
        """The addresses of any admin, and that of a document's PDF."""
        view = self.admin_site.admin_view(self.show_file)
        name = "invoicing_document_file"
        return [path("<uuid:document_id>/file/", view, name=name), *super().get_urls()]

    def show_file(self, request: HttpRequest, document_id: UUID) -> HttpResponse:
        """The PDF, for staff who may see documents."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        document = find_document(document_id=document_id)
        if document is None:
            raise Http404
        response = HttpResponse(services.read_document(document), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{document.label}.pdf"'
        response["Cache-Control"] = "private, no-store"
        return response


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin):
    """Which number comes next; nobody sets it."""

    list_display = ["code", "next_number"]
    search_fields = ["=code"]
    ordering = ["-code"]
