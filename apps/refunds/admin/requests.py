from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.core.admin import ReadOnlyInline, account_column, lists, noted_with
from apps.core.errors import DomainError
from apps.core.selectors import money_text
from apps.refunds import services
from apps.refunds.admin.decisions import Decides, DecisionForm, WordsForm, id_of
from apps.refunds.errors import AlreadyDecided
from apps.refunds.models import RefundRequest, RefundRequestLine
from apps.refunds.selectors import find_request, list_line_accounts
from apps.refunds.types import LineAccount, RequestState

for _kind in ("order", "customer"):
    lists(of=_kind, model=RefundRequest, title=_("refund requests"))
_REQUEST_COLOURS = {"requested": "warning", "approved": "success", "refused": "danger"}


class AgeFilter(admin.SimpleListFilter):
    """Requests that have waited for a while."""

    title = _("age")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("older than a day")), ("2", _("older than two days")), ("7", _("a week"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = self.value() or ""
        if not days.isdigit():
            return queryset
        return queryset.filter(created_at__lt=timezone.now() - timedelta(days=min(int(days), 999)))


class RefundRequestLineInline(ReadOnlyInline):
    model = RefundRequestLine
    fields = ["order_line", "quantity", "reason", "approved_quantity", "restock"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefundRequestLine]:
        """The lines with what was bought: no query more for each."""
        lines: QuerySet[RefundRequestLine] = super().get_queryset(request)
        return lines.select_related("order_line")


@admin.register(RefundRequest)
class RefundRequestAdmin(Decides):
    """What customers want to send back; each is decided once, in whole or part."""

    list_display = ["created_at", "order", "state_label", "requested_by", "reason", "decided_at"]
    list_filter = ["created_at", "state", AgeFilter, "requested_by", "reason"]
    list_select_related = ["order"]
    search_fields = ["=order__number", "=order__email"]
    search_help_text = _("A whole order number or e-mail address")
    ordering = ["-created_at"]
    inlines = [RefundRequestLineInline]
    fields = [
        "order", "state", "requested_by", "created_at", "reason", "text", "shown_pictures",
        "decided_at", "decided_by_name", "refusal_reason",
    ]  # fmt: skip
    decided_by_name = account_column("decided_by", label=_("decided by"))
    actions_detail = ["decide", "refuse"]

    def fitting_actions(self, row: RefundRequest) -> Collection[str]:
        return ["decide", "refuse"] if row.state == RequestState.REQUESTED else []

    @display(description=_("state"), label=_REQUEST_COLOURS, ordering="state")  # type: ignore[untyped-decorator]
    def state_label(self, request: RefundRequest) -> tuple[str, str]:
        """Whether and how it was decided, as a coloured label."""
        return request.state, request.get_state_display()

    @admin.display(description=_("pictures"))
    def shown_pictures(self, request: RefundRequest) -> SafeString | str:
        """Thumbnails that open the whole picture."""
        pictures = format_html_join(
            "",
            '<a href="{0}"><img src="{0}" alt="{1}" loading="lazy" style="display:inline-block;'
            'height:9rem;margin:0 .5rem .5rem 0;border-radius:4px"></a>',
            (
                (
                    reverse("admin:refunds_picture", args=[request.pk, one.position]),
                    gettext("Picture %s") % (one.position + 1),
                )
                for one in request.pictures.order_by("position")
            ),
        )
        return pictures or "–"

    def get_urls(self) -> list[Any]:
        """The addresses of any admin, and that of a customer's picture."""
        address = "<uuid:request_id>/picture/<int:position>/"
        view = self.admin_site.admin_view(self.show_picture)
        return [path(address, view, name="refunds_picture"), *super().get_urls()]

    def show_picture(self, request: HttpRequest, request_id: UUID, position: int) -> HttpResponse:
        """A customer's picture, for staff who may see requests."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        content = services.read_picture(request_id=request_id, position=position)
        if content is None:
            raise Http404
        response = HttpResponse(content, content_type="image/webp")
        response["Cache-Control"] = "private, no-store"
        response["Content-Security-Policy"] = "default-src 'none'"
        return response

    @action(description=_("Approve"), url_path="decide", permissions=["decide"])  # type: ignore[untyped-decorator]
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approve in whole or part, after a look at the amounts."""
        asked = find_request(id_of(object_id))
        if asked is None:
            raise Http404
        if asked.state != RequestState.REQUESTED:
            return self._too_late(request, asked)
        order = asked.order
        form = DecisionForm(
            request.POST or None,
            currency=order.currency,
            lines=_asked_lines(asked),
            initial={"reason": asked.get_reason_display(), "reference": str(asked.pk)},
        )
        title = _("Approve: order %s") % order.number
        if not self.is_decided(request, form, order=order):
            return self.decision_page(request, form, order=order, title=title)
        try:
            refund = services.approve_request(
                request_id=asked.pk,
                actor_id=request.user.pk or 0,
                reason=form.cleaned_data["reason"],
                **form.decision(),
            )
        except DomainError as refusal:
            form.add_error(None, gettext(str(refusal)))
            return self.decision_page(request, form, order=order, title=title)
        words = _("%s goes back to the customer.") % money_text(refund.amount)
        self.note(request, asked, words=words)
        self.message_user(request, words, messages.SUCCESS)
        return redirect("admin:refunds_refundrequest_change", asked.pk)

    @action(description=_("Refuse"), url_path="refuse", permissions=["decide"])  # type: ignore[untyped-decorator]
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Refuse with a reason that the customer reads."""
        asked = get_object_or_404(
            RefundRequest.objects.select_related("order"), pk=id_of(object_id)
        )
        if asked.state != RequestState.REQUESTED:
            return self._too_late(request, asked)
        form = WordsForm(request.POST or None, label=_("Reason, in words for the customer"))
        title = _("Refuse: order %s") % asked.order.number
        if form.is_valid():
            try:
                services.refuse_request(
                    request_id=asked.pk,
                    actor_id=request.user.pk or 0,
                    reason=form.cleaned_data["words"],
                )
            except DomainError as refusal:
                form.add_error(None, gettext(str(refusal)))
            else:
                self.note(request, asked, words=noted_with(_("The request was refused."), form))
                self.message_user(request, _("The request was refused."), messages.SUCCESS)
                return redirect("admin:refunds_refundrequest_change", asked.pk)
        return self.ask(request, title=title, form=form)

    def _too_late(self, request: HttpRequest, asked: RefundRequest) -> HttpResponse:
        self.message_user(request, gettext(AlreadyDecided.message), messages.ERROR)
        return redirect("admin:refunds_refundrequest_change", asked.pk)


def _asked_lines(asked: RefundRequest) -> list[tuple[LineAccount, int, str]]:
    accounts = {one.order_line_id: one for one in list_line_accounts(asked.order, besides=asked.pk)}
    return [
        (
            accounts[line.order_line_id],
            min(line.quantity, accounts[line.order_line_id].left),
            line.reason,
        )
        for line in asked.lines.all()
    ]
