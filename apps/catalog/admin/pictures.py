"""What a worker made of the files that staff uploaded."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.catalog import selectors
from apps.catalog.models import Picture


def state_of(name: str | None) -> str:
    """What has become of an uploaded file, in words for staff."""
    picture = selectors.find_picture(name) if name else None
    if picture is None:
        return gettext("not looked at yet") if name else ""
    return result_of(picture)


def result_of(picture: Picture) -> str:
    """The widths that a worker made, or why it made none."""
    if picture.refusal:
        return gettext("Cannot be shown in other sizes: %(why)s") % {
            "why": gettext(picture.refusal)
        }
    return gettext("%(widths)s pixels wide") % {"widths": ", ".join(map(str, picture.widths))}


class RefusedFilter(admin.SimpleListFilter):
    """Which pictures need another file."""

    title = _("result")
    parameter_name = "refused"

    def lookups(self, *_args: Any) -> list[tuple[str, Any]]:
        return [("yes", _("cannot be read")), ("no", _("rendered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        if self.value() == "yes":
            return queryset.exclude(refusal="")
        return queryset.filter(refusal="") if self.value() == "no" else queryset


@admin.register(Picture)
class PictureAdmin(ModelAdmin):
    """What the worker made of each uploaded file; nothing of it is edited."""

    list_display = ["name", "result", "width", "height", "read_at"]
    list_filter = [RefusedFilter]
    search_fields = ["name"]
    ordering = ["-read_at"]
    show_full_result_count = False

    @admin.display(description=_("result"))
    def result(self, picture: Picture) -> str:
        """The widths that a worker made of the file, or why it made none."""
        return result_of(picture)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        return False
