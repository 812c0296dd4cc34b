"""Long work to look at, to stop and to go on with; and actions on many rows that become such work."""

import csv
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.core.admin import (
    AskingAdmin,
    account_column,
    link,
    noted_with,
)
from apps.core.admin.questions import Amounts, asks_first
from apps.core.errors import DomainError
from apps.jobs import services
from apps.jobs.models import Job, JobState
from apps.jobs.selectors import list_errors

_COLOURS = {"queued": "warning", "running": "info", "stopped": "danger", "done": "success"}
# So many rows are worked while somebody waits for the page; more of them by a worker.
_AT_ONCE = 20
_SHOWN_ERRORS = 10
_REFRESH_SECONDS = 3

Options = Callable[[Any, HttpRequest, Any], Mapping[str, Any]]


@admin.register(Job)
class JobAdmin(AskingAdmin):
    """What is being done to many rows, by whom, and how far it is."""

    list_display = ["title", "state_label", "progress", "failed", "actor", "created_at"]
    list_filter = ["created_at", "state"]
    search_fields = ["title"]
    ordering = ["-created_at"]
    fields = [
        "title", "state", "progress", "rows", "done", "failed", "errors", "actor", "created_at",
        "finished_at",
    ]  # fmt: skip
    actor = account_column("actor_id", label=_("by"))
    actions_detail = ["stop", "go_on", "try_again"]

    @display(description=_("state"), label=_COLOURS, ordering="state")  # type: ignore[untyped-decorator]
    def state_label(self, job: Job) -> tuple[str, str]:
        """How far the job is, as a coloured label."""
        return job.state, job.get_state_display()

    @admin.display(description=_("progress"))
    def progress(self, job: Job) -> SafeString:
        """A bar for the eye, and the same in figures for every reader."""
        words = gettext("%(over)s of %(rows)s") % {"over": job.done + job.failed, "rows": job.rows}
        return format_html(
            '<progress max="{}" value="{}" aria-label="{}"></progress> {}',
            max(job.rows, 1), job.done + job.failed, words, words,
        )  # fmt: skip

    @admin.display(description=_("errors"))
    def errors(self, job: Job) -> SafeString | str:
        """A link to the failed rows as a file; a dash where none failed."""
        if not job.failed:
            return "–"
        return link(reverse("admin:jobs_job_errors", args=[job.pk]), _("Download as a file"))

    def fitting_actions(self, row: Job) -> Collection[str]:
        is_open = row.state in {JobState.QUEUED, JobState.RUNNING}
        fitting = {
            "stop": is_open,
            "go_on": row.state == JobState.STOPPED,
            "try_again": row.failed > 0 and not is_open,
        }
        return [name for name, fits in fitting.items() if fits]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of an open job comes anew by itself, so that its progress is seen."""
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, extra_context
        )
        job = self.get_object(request, object_id) if object_id else None
        if job is not None and job.state in {JobState.QUEUED, JobState.RUNNING}:
            response["Refresh"] = str(_REFRESH_SECONDS)
        return response

    @action(description=_("Stop"), url_path="stop", permissions=["decide"])  # type: ignore[untyped-decorator]
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let the job end after the chunk at hand; what is done stays done."""
        return self._decide(request, object_id, title=_("Stop"), decide=services.stop_job)

    @action(description=_("Go on"), url_path="go-on", permissions=["decide"])  # type: ignore[untyped-decorator]
    def go_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let a stopped job work the rows that still wait."""
        return self._decide(
            request, object_id, title=_("Go on"), decide=services.resume_job, begins=True
        )

    @action(description=_("Try the failed ones again"), url_path="retry", permissions=["decide"])  # type: ignore[untyped-decorator]
    def try_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let a job that is over work its failed rows once more."""
        title = _("Try the failed ones again")
        return self._decide(
            request, object_id, title=title, decide=services.retry_failed, begins=True
        )

    def _may_work(self, request: HttpRequest, job: Job) -> bool:
        """Whether the visitor could begin this job: what a command has begun asks for nothing more."""
        if not job.permissions:
            return True
        screen = self.admin_site.get_model_admin(apps.get_model(job.model))
        return all(getattr(screen, f"has_{one}_permission")(request) for one in job.permissions)

    def _decide(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        title: Any,
        decide: Callable[..., object],
        begins: bool = False,
    ) -> HttpResponse:
        """Ask, then decide. What `begins` work is done in the visitor's name, who needs the right to it."""
        job = get_object_or_404(Job, pk=object_id)
        if begins and not self._may_work(request, job):
            raise PermissionDenied
        if request.method != "POST":
            facts = [(_("rows"), job.rows), (_("done"), job.done), (_("failed"), job.failed)]
            return self.ask(request, title=f"{title}: {job}", form=forms.Form(), facts=facts)
        try:
            decide(job_id=job.pk, **({"actor_id": request.user.pk} if begins else {}))
        except DomainError as refusal:
            self.message_user(request, gettext(str(refusal)), messages.ERROR)
        else:
            self.note(request, job, words=title)
        return redirect("admin:jobs_job_change", job.pk)

    def get_urls(self) -> list[Any]:
        """The addresses of any admin, and that of a job's errors."""
        view = self.admin_site.admin_view(self.download_errors)
        return [path("<uuid:job_id>/errors/", view, name="jobs_job_errors"), *super().get_urls()]

    def download_errors(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        """A line for each failed row: which it was, its key, and why."""
        job = get_object_or_404(Job, pk=job_id)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="errors-{job.pk}.csv"'
        lines = csv.writer(response)
        lines.writerow(["line", "key", "error"])
        for line, key, error in list_errors(job.pk):
            lines.writerow([line, _as_text(key), _as_text(gettext(error))])
        return response

    def has_view_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Who began a job sees how far it is, whatever else she may see."""
        is_own = obj is not None and obj.actor_id == request.user.pk
        return is_own or bool(super().has_view_permission(request, obj))

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("jobs.change_job")


def _as_text(cell: str) -> str:
    """What a spreadsheet would take for a formula is shown as it is.

    Source: OWASP, CSV Injection.
    """
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def bulk(
    question: Any,
    *,
    work: str,
    noted: Any,
    permissions: Sequence[str],
    form: type[forms.Form] = forms.Form,
    money: tuple[Any, Amounts] | None = None,
) -> Callable[[Options], Any]:
    """An action of an AskingAdmin that becomes a job once its question is answered.

    Before, a page says of how many rows and how much `money` it is, and shows `form`. The method returns
    what the work is told beside each row's key. A few rows are worked at once; of more the page of the job
    shows how far it is. Each row's history says who has done it, in the words `noted` and of the answer.
    """

    def declare(options_of: Options) -> Any:
        @asks_first(question, permissions=permissions, form=form, money=money)
        @wraps(options_of)
        def act(
            self: AskingAdmin, request: HttpRequest, queryset: QuerySet[Any], answer: forms.Form
        ) -> HttpResponse | None:
            rows = queryset.order_by("pk")
            count = rows.count()
            job = services.start_job(
                work=work,
                title=str(question),
                keys=map(str, rows.values_list("pk", flat=True).iterator()),
                options=options_of(self, request, answer),
                actor_id=request.user.pk,
                model=queryset.model._meta.label,
                permissions=permissions,
                noted=noted_with(noted, answer),
                at_once=count <= _AT_ONCE,
            )
            if count > _AT_ONCE:
                return redirect("admin:jobs_job_change", job.pk)
            services.run_job(job_id=job.pk)
            _tell(self, request, job, model=queryset.model)
            return None

        return act

    return declare


def _tell(screen: AskingAdmin, request: HttpRequest, job: Job, *, model: Any) -> None:
    """Say what came of a job that was worked at once, and why of each row that was not."""
    job.refresh_from_db()
    if job.done:
        words = ngettext(
            "%(done)s of %(rows)s is done.", "%(done)s of %(rows)s are done.", job.done
        )
        screen.message_user(request, words % {"done": job.done, "rows": job.rows}, messages.SUCCESS)
    errors = list(list_errors(job.pk))
    rows = model._default_manager.in_bulk([key for _line, key, _error in errors])
    names = {str(pk): str(row) for pk, row in rows.items()}
    for _line, key, error in errors[:_SHOWN_ERRORS]:
        screen.message_user(request, f"{names.get(key, key)}: {gettext(error)}", messages.ERROR)
