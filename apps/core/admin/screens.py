"""Kinds of screen: facts that nobody edits, forms with files, rows that an order's number finds."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from apps.core.admin.panels import find
from apps.core.forms import check_uploads, tell_limit


class ReadOnlyAdmin(ModelAdmin):
    """Facts and ledgers: staff look, nobody edits."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    """Rows that are shown under their parent, and changed by services only."""

    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """All of them, so that columns which no form could change can be shown, too."""
        return list(self.fields or [])

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class UploadForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form of the back office whose files, with all others of its page, fit into one request."""

    class Media:
        js = ("core/js/uploads.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self._file_fields().values():
            tell_limit(field)

    def clean(self) -> dict[str, Any] | None:
        """Refuse the files of this form where all of the page are too large together."""
        fields = super().clean()
        try:
            check_uploads(file for _, several in self.files.lists() for file in several)
        except ValidationError as refusal:
            for name in self._file_fields():
                if self.add_prefix(name) in self.files:
                    self.add_error(name, refusal)
        return fields

    def _file_fields(self) -> dict[str, forms.FileField]:
        return {
            name: field for name, field in self.fields.items() if isinstance(field, forms.FileField)
        }


class FoundByOrder(ModelAdmin):
    """Rows with a reference to an order, or to what belongs to one: its number or e-mail finds them."""

    order_field = "reference"
    refers_by_id = True

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What the list finds by itself, and all rows of the orders that the words find."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        references = find(of="order", words=search_term)
        if self.refers_by_id:
            references = {one for one in references if _is_id(one)}
        if references:
            found |= queryset.filter(**{f"{self.order_field}__in": references})
        return found, may_repeat


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
