from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin import (
    AskingAdmin,
    FoundByOrder,
    Panel,
    ReadOnlyAdmin,
    Subject,
    asks,
    link,
    lists,
    moment_text,
    noted_with,
    panel,
    tell_events,
)
from apps.core.errors import DomainError
from apps.inventory import rules, services
from apps.inventory.models import (
    Movement,
    Reservation,
    StockDrift,
    StockLevel,
    StockPolicy,
    Warehouse,
)
from apps.inventory.selectors import list_low, list_movements
from apps.inventory.types import MOST_UNITS, LevelResult

tell_events(
    {
        "inventory.backorder.filled.v1": _("back-ordered goods came in"),
    }
)
lists(of="order", model=Movement, title=_("stock movements"))


@panel(of="product")
def show_stock(request: HttpRequest, subject: Subject) -> Panel | None:
    """What of a product's variants is on hand, and what of that is free, in all houses."""
    if not request.user.has_perm("inventory.view_stocklevel"):
        return None
    levels = StockLevel.objects.filter(variant__product=int(subject.key)).order_by("variant_id")
    sums = levels.values_list("variant_id").annotate(Sum("on_hand"), Sum("reserved"))
    rows = [
        (sku, gettext("%(units)s on hand, %(free)s free") % {"units": units, "free": units - taken})
        for sku, units, taken in sums
    ]
    return Panel(
        title=_("stock"), rows=rows, address=reverse("admin:inventory_stocklevel_changelist")
    )


class CountForm(forms.Form):
    """What somebody found on one shelf."""

    units = forms.IntegerField(
        label=_("Counted units"),
        min_value=0,
        max_value=MOST_UNITS,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )


class WriteOffForm(forms.Form):
    """What is broken or lost, and why."""

    units = forms.IntegerField(
        label=_("Units to take out"),
        min_value=1,
        max_value=MOST_UNITS,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    note = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


class CountListForm(forms.Form):
    """A sheet of counts of one house."""

    warehouse = forms.ModelChoiceField(
        label=_("Warehouse"),
        queryset=Warehouse.objects.order_by("priority", "id"),
        widget=UnfoldAdminSelectWidget,
    )
    lines = forms.CharField(
        label=_("Counts"),
        help_text=_("One line per item: SKU;count"),
        max_length=200_000,
        widget=UnfoldAdminTextareaWidget,
    )
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )


class StockFilter(admin.SimpleListFilter):
    """Where somebody should look."""

    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("low", _("low")), ("none", _("sold out")), ("owed", _("back-ordered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {
            "low": Q(variant__stock_policy__in=list_low()),
            "none": Q(on_hand=F("reserved")),
            "owed": Q(backordered__gt=0),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


@admin.register(Warehouse)
class WarehouseAdmin(ModelAdmin):
    """A house whose code is given once: partners' systems know it by it."""

    list_display = ["name", "code", "country", "priority", "is_active"]
    search_fields = ["name", "code"]
    ordering = ["priority", "id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code"] if obj else []


@admin.register(StockPolicy)
class StockPolicyAdmin(ModelAdmin):
    list_display = ["variant_id", "backorder_limit", "low_stock_at"]
    search_fields = ["variant__sku"]
    autocomplete_fields = ["variant"]
    ordering = ["variant_id"]


@admin.register(StockLevel)
class StockLevelAdmin(AskingAdmin):
    """Levels are the sum of their movements: they are counted and corrected, never typed over."""

    list_display = [
        "sku", "warehouse", "on_hand", "reserved", "free", "backordered", "policy"
    ]  # fmt: skip
    list_filter = [StockFilter, "warehouse"]
    search_fields = ["variant__sku"]
    search_help_text = _("A SKU or a part of it")
    list_select_related = ["warehouse", "variant__stock_policy"]
    ordering = ["variant_id", "warehouse"]
    fields = [*list_display, "reported_at", "history"]
    actions_list = ["count_list"]
    actions_row = ["count", "write_off"]
    actions_detail = ["count", "write_off"]

    @admin.display(description=_("SKU"), ordering="variant_id")
    def sku(self, level: StockLevel) -> str:
        """The variant's SKU, without a look at the variant."""
        return level.variant_id

    @admin.display(description=_("free"), ordering=F("on_hand") - F("reserved"))
    def free(self, level: StockLevel) -> int:
        """Units in the house that are promised to nobody."""
        return level.on_hand - level.reserved

    @admin.display(description=_("stock policy"))
    def policy(self, level: StockLevel) -> SafeString:
        """What is set for the variant, and the way to its form."""
        policy = getattr(level.variant, "stock_policy", None)
        if policy is None:
            address = reverse(
                "admin:inventory_stockpolicy_add", query={"variant": level.variant.pk}
            )
            return link(address, gettext("Set"))
        limits = [
            gettext("back-orders up to %s") % policy.backorder_limit
            if policy.backorder_limit
            else "",
            gettext("low at %s") % policy.low_stock_at if policy.low_stock_at is not None else "",
        ]
        address = reverse("admin:inventory_stockpolicy_change", args=[policy.pk])
        words = ", ".join(filter(None, limits)) or "–"
        return format_html('<a class="text-primary-600" href="{}">{}</a>', address, words)

    @admin.display(description=_("last movements"))
    def history(self, level: StockLevel) -> SafeString:
        """The last movements of the SKU in this house, newest first, and the way to all of them."""
        rows = format_html_join(
            "",
            "<li><time>{}</time> {} {} {} {}</li>",
            (
                (
                    moment_text(one.created_at),
                    f"{one.quantity:+}",
                    one.get_reason_display(),
                    one.note,
                    one.actor or "",
                )
                for one in list_movements(sku=level.variant_id, warehouse_id=level.warehouse_id)
            ),
        )
        address = reverse("admin:inventory_movement_changelist", query={"q": level.variant_id})
        return format_html("<ul>{}</ul>{}", rows, link(address, gettext("All movements")))

    @action(description=_("Count"), url_path="count", permissions=["move"])  # type: ignore[untyped-decorator]
    def count(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Set the level to what was found on the shelf."""
        level = get_object_or_404(StockLevel.objects.select_related("warehouse"), pk=object_id)
        form = CountForm(request.POST or None, initial={"units": level.on_hand})
        if not form.is_valid():
            return self.ask(request, title=_("Count %s") % level.variant_id, form=form)
        results = services.count_stock(
            warehouse=level.warehouse.code,
            counts={level.variant_id: form.cleaned_data["units"]},
            actor_id=request.user.pk,
            note=form.cleaned_data["note"],
        )
        self.note(request, level, words=noted_with(_("counted"), form))
        self._tell(request, results)
        return redirect("admin:inventory_stocklevel_changelist")

    @action(description=_("Write off"), url_path="write-off", permissions=["move"])  # type: ignore[untyped-decorator]
    def write_off(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Take broken or lost units out of the level."""
        level = get_object_or_404(StockLevel.objects.select_related("warehouse"), pk=object_id)
        form = WriteOffForm(request.POST or None)
        title = _("Write off %s") % level.variant_id
        if not form.is_valid():
            return self.ask(request, title=title, form=form)
        try:
            result = services.write_off_stock(
                warehouse=level.warehouse.code,
                sku=level.variant_id,
                quantity=form.cleaned_data["units"],
                actor_id=request.user.pk,
                note=form.cleaned_data["note"],
            )
        except DomainError:
            form.add_error("units", _("There are only %s in the house.") % level.on_hand)
            return self.ask(request, title=title, form=form)
        self.note(request, level, words=noted_with(_("written off"), form))
        self._tell(request, [result])
        return redirect("admin:inventory_stocklevel_changelist")

    @action(description=_("Count by list"), url_path="count-list", permissions=["move"])  # type: ignore[untyped-decorator]
    def count_list(self, request: HttpRequest) -> HttpResponse:
        """Take a sheet of counts; lines that cannot be taken come back with what is wrong."""
        form = CountListForm(request.POST or None)
        title = _("Count by list")
        if not form.is_valid():
            return self.ask(request, title=title, form=form)
        counts, wrong = rules.read_counts(form.cleaned_data["lines"])
        results = services.count_stock(
            warehouse=form.cleaned_data["warehouse"].code,
            counts=counts,
            actor_id=request.user.pk,
            note=form.cleaned_data["note"],
        )
        counted = [one.sku for one in results if one.status == "changed"]
        levels = StockLevel.objects.filter(warehouse=form.cleaned_data["warehouse"])
        for level in levels.filter(variant__sku__in=counted):
            words = filter(None, [gettext("counted"), form.cleaned_data["note"]])
            self.note(request, level, words=": ".join(words))
        wrong += [one for one in results if one.code]
        self._tell(request, [one for one in results if not one.code])
        if not wrong:
            return redirect("admin:inventory_stocklevel_changelist")
        again = CountListForm(initial={**form.cleaned_data, "lines": _lines_of(wrong, counts)})
        lines = [(one.sku, gettext(one.detail)) for one in wrong]
        template = "inventory/count_list.html"
        return self.ask(request, title=title, form=again, template=template, wrong=lines)

    def has_move_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.change_stocklevel")

    def _tell(self, request: HttpRequest, results: list[LevelResult]) -> None:
        changed = sum(one.status == "changed" for one in results)
        words = ngettext("%s level was changed.", "%s levels were changed.", changed) % changed
        self.message_user(request, words, messages.SUCCESS)
        for one in results:
            if one.waiting:
                words = ngettext(
                    "%(sku)s: %(count)s promised unit is missing and is on back-order now.",
                    "%(sku)s: %(count)s promised units are missing and are on back-order now.",
                    one.waiting,
                )
                words %= {"sku": one.sku, "count": one.waiting}
                self.message_user(request, words, messages.WARNING)


def _lines_of(wrong: list[LevelResult], counts: dict[str, int]) -> str:
    return "\n".join(f"{one.sku};{counts.get(one.sku, '')}" for one in wrong)


@admin.register(Reservation)
class ReservationAdmin(FoundByOrder, ReadOnlyAdmin):
    list_display = [
        "reference", "sku", "warehouse", "quantity", "backordered", "shipped", "created_at",
        "expires_at", "released_at",
    ]  # fmt: skip
    list_filter = [("released_at", admin.EmptyFieldListFilter), "warehouse"]
    list_select_related = ["warehouse"]
    search_fields = ["=reference", "=sku"]
    search_help_text = _("A whole order number, e-mail address, order id or SKU")
    ordering = ["-id"]


@admin.register(Movement)
class MovementAdmin(FoundByOrder, ReadOnlyAdmin):
    refers_by_id = False
    list_display = [
        "created_at", "sku", "warehouse", "quantity", "reason", "reference", "note", "actor"
    ]  # fmt: skip
    list_filter = ["created_at", "reason", "warehouse"]
    list_select_related = ["warehouse", "actor"]
    search_fields = ["=sku", "=reference"]
    search_help_text = _("A whole SKU, order number, e-mail address or reference")
    ordering = ["-id"]


@admin.register(StockDrift)
class StockDriftAdmin(AskingAdmin):
    """What the nightly recount found; nothing repairs it but somebody who has looked."""

    list_display = [
        "sku", "warehouse", "figure", "recorded", "computed", "found_at", "seen_at", "settled_at",
        "settled_by",
    ]  # fmt: skip
    list_filter = [("settled_at", admin.EmptyFieldListFilter), "figure", "warehouse"]
    list_select_related = ["warehouse", "settled_by"]
    search_fields = ["=sku"]
    ordering = ["-id"]
    actions = ["adopt"]

    @asks(
        _("Take the computed figure over"),
        noted=_("computed figure taken over"),
        permissions=["adopt"],
    )
    def adopt(
        self, request: HttpRequest, queryset: QuerySet[StockDrift], _answer: forms.Form
    ) -> Iterator[StockDrift]:
        """Set each level to what its movements or promises add up to now."""
        for drift in queryset:
            try:
                services.adopt_computed(drift_id=drift.pk, actor_id=request.user.pk)
            except DomainError as error:
                self.message_user(request, f"{drift}: {gettext(str(error))}", messages.ERROR)
            else:
                self.message_user(request, _("%s is settled.") % drift, messages.SUCCESS)
                yield drift

    def has_adopt_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("inventory.change_stocklevel")
