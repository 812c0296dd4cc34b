from collections.abc import Iterator

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import AskingAdmin, asks
from apps.orders import selectors, services
from apps.orders.models import MissingOrder


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
        still_missing = selectors.list_missing().filter(pk=OuterRef("pk"))
        rows: QuerySet[MissingOrder] = super().get_queryset(request)
        return rows.annotate(still_missing=Exists(still_missing))

    @admin.display(description=_("still missing"), boolean=True)
    def is_open(self, missing: MissingOrder) -> bool:
        return bool(missing.still_missing)  # type: ignore[attr-defined]

    @asks(_("A person has dealt with it"), noted=_("settled"), permissions=["settle"])
    def settle(
        self, request: HttpRequest, queryset: QuerySet[MissingOrder], _answer: forms.Form
    ) -> Iterator[MissingOrder]:
        for missing in queryset:
            if services.settle_missing(order_id=missing.pk, actor_id=request.user.pk):
                yield missing

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_missingorder")
