"""The shop's texts side by side with their translations, one language at a time."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet, TextField
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language_info, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.admin import AskingAdmin
from apps.core.errors import DomainError
from apps.translations import rules, selectors, services
from apps.translations.models import Text
from apps.translations.types import TextRow

_MOST_BYTES = 4_000_000


class LanguageFilter(admin.SimpleListFilter):
    """The language that is worked on: one at a time, the first that lacks something."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Each language with how many texts it lacks."""
        return [
            (one.language, f"{name_of(one.language)} ({one.missing})")
            for one in selectors.count_texts()
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Text]) -> QuerySet[Text]:
        """The texts in the chosen language."""
        return queryset.filter(language=self.value()) if self.value() else queryset


class MissingFilter(admin.SimpleListFilter):
    title = _("translated")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Missing, or there."""
        return [("1", _("missing")), ("0", _("there"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Text]) -> QuerySet[Text]:
        """The texts that are missing, or there."""
        match self.value():
            case "1":
                return queryset.filter(text="")
            case "0":
                return queryset.exclude(text="")
        return queryset


class FileForm(forms.Form):
    """A list of translations, as it is downloaded from here."""

    file = forms.FileField(
        label=_("file"),
        help_text=_("CSV with the columns kind, key, field, language, source, text."),
    )

    def clean_file(self) -> list[TextRow]:
        """The lines of the file. Raises ValidationError for what is none."""
        file = self.cleaned_data["file"]
        if file.size > _MOST_BYTES:
            raise forms.ValidationError(gettext("The file is too large."))
        try:
            return rules.read_rows(file.read())
        except DomainError as refusal:
            raise forms.ValidationError(gettext(str(refusal))) from refusal


def name_of(language: str) -> str:
    """A language as the reader calls it."""
    try:
        return str(get_language_info(language)["name_translated"])
    except KeyError:
        return language


@admin.register(Text)
class TextAdmin(AskingAdmin):
    """Original and translation beside each other; what is typed is saved for the whole page."""

    list_display = ["key", "what", "original", "text"]
    list_display_links = None
    list_editable = ["text"]
    list_filter = [LanguageFilter, MissingFilter, "kind"]
    list_per_page = 50
    search_fields = ["key", "source", "text"]
    show_full_result_count = False
    ordering = ["language", "kind", "key", "field"]
    actions = ["download"]
    actions_list = ["upload"]
    formfield_overrides = {
        TextField: {
            # As wide as the original beside it.
            "widget": UnfoldAdminTextareaWidget(
                attrs={"rows": 3, "dir": "auto", "style": "min-width: 26rem"}
            )
        }
    }

    @admin.display(description=_("field"), ordering="field")
    def what(self, text: Text) -> str:
        """Which field of what, in which language."""
        return f"{text.field}, {text.language}"

    @admin.display(description=_("text"))
    def original(self, text: Text) -> str:
        """The text as it stands in the shop's own language."""
        return text.source

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("translations.change_text")

    def save_model(self, request: HttpRequest, obj: Text, form: Any, change: bool) -> None:
        """Keep a translation beside what it translates; a refusal is told and loses no other."""
        try:
            services.translate(_row_of(obj))
        except DomainError as refusal:
            self.message_user(request, f"{obj}: {gettext(str(refusal))}", messages.ERROR)

    def log_change(self, request: HttpRequest, obj: Text, message: Any) -> LogEntry | None:
        """In the history of what was translated, which a text has none of."""
        model = selectors.translated_models()[obj.kind]
        row = model._default_manager.filter(pk=obj.row).first()
        if row is None:
            return None
        words = f"{gettext('translated')}: {obj.field} ({obj.language})"
        entry: LogEntry = super().log_change(request, row, words)
        return entry

    @admin.action(description=_("Download the selected texts as a file"))
    def download(self, request: HttpRequest, texts: QuerySet[Text]) -> HttpResponse:
        """A list to be translated elsewhere, and to be taken in here again."""
        lines = rules.write_rows(selectors.list_rows(texts))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="translations.csv"'
        return response  # type: ignore[return-value]

    @action(description=_("Take in a file"), url_path="upload", permissions=["upload"])  # type: ignore[untyped-decorator]
    def upload(self, request: HttpRequest) -> HttpResponse:
        """Have a worker translate by a list; its lines that cannot be are told with their reasons."""
        form = FileForm(request.POST or None, request.FILES or None)
        if not form.is_valid():
            return self.ask(request, title=_("Take in a file"), form=form)
        rows = form.cleaned_data["file"]
        job = services.import_translations(
            rows, title=gettext("Translations from a file"), actor_id=request.user.pk
        )
        words = ngettext("%s text is being taken in.", "%s texts are being taken in.", job.rows)
        self.message_user(request, words % job.rows, messages.SUCCESS)
        return redirect("admin:jobs_job_change", job.pk)

    def has_upload_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("translations.change_text")


def _row_of(text: Text) -> TextRow:
    return TextRow(
        kind=text.kind,
        key=text.key,
        field=text.field,
        language=text.language,
        source=text.source,
        text=text.text.strip(),
    )
