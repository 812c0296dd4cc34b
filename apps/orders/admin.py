from collections.abc import Iterator

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import AskingAdmin, asks, finder, lists, tell_events
from apps.orders import selectors, services
from apps.orders.models import MissingOrder, Order

tell_events(
    {
        "orders.order.placed.v1": _("placed, stock set aside"),
        "orders.order.awaiting_payment.v1": _("waits for the shopper at the bank"),
        "orders.order.awaiting_approval.v1": _("waits for approval"),
        "orders.order.approved.v1": _("approved"),
        "orders.order.paid.v1": _("paid"),
        "orders.order.rejected.v1": _("rejected"),
        "orders.order.cancelled.v1": _("cancelled"),
        "orders.order.units_cancelled.v1": _("part of the order cancelled"),
        "orders.order.completed.v1": _("completed"),
        "orders.payment.fell_due.v1": _("the bank is asked"),
        "orders.payment.return_fell_due.v1": _("money that is not owed is to go back"),
    }
)
lists(of="customer", model=Order, title=_("orders"))


@admin.register(MissingOrder)
class MissingOrderAdmin(AskingAdmin):
    """Orders that were accepted and are nowhere: the queue has lost them, and somebody must look."""

    list_display = ["number", "accepted_at", "noticed_at", "is_open", "settled_at"]
    list_filter = ["noticed_at", ("settled_at", admin.EmptyFieldListFilter)]
    search_fields = ["=id", "=number"]
    ordering = ["-noticed_at"]
    fields = ["number", "id", "accepted_at", "noticed_at", "is_open", "settled_at", "settled_by"]
    actions = ["settle"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MissingOrder]:
        """The rows with whether each order is missing by now, in one query."""
        still_missing = selectors.list_missing().filter(pk=OuterRef("pk"))
        rows: QuerySet[MissingOrder] = super().get_queryset(request)
        return rows.annotate(still_missing=Exists(still_missing))

    @admin.display(description=_("still missing"), boolean=True)
    def is_open(self, missing: MissingOrder) -> bool:
        """Whether somebody still has to look."""
        return bool(missing.still_missing)  # type: ignore[attr-defined]

    @asks(_("A person has dealt with it"), noted=_("settled"), permissions=["settle"])
    def settle(
        self, request: HttpRequest, queryset: QuerySet[MissingOrder], _answer: forms.Form
    ) -> Iterator[MissingOrder]:
        """Each is closed in the name of whoever asks; one that was closed before is left alone."""
        for missing in queryset:
            if services.settle_missing(order_id=missing.pk, actor_id=request.user.pk):
                yield missing

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_missingorder")


@finder(of="order")
def _orders_named(words: str) -> list[str]:
    """The ids of the orders with this number or e-mail address."""
    orders = Order.objects.filter(Q(number=words.upper()) | Q(email__iexact=words))
    return [str(pk) for pk in orders.values_list("pk", flat=True)[:200]]
