"""Long work on many rows: what was asked, by whom, and how far it has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    QUEUED = "queued", _("waiting for a worker")
    RUNNING = "running", _("running")
    STOPPED = "stopped", _("stopped")
    DONE = "done", _("done")


class Job(models.Model):
    """One piece of work for many rows. `done` and `failed` are counted anew after each chunk."""

    id = models.UUIDField(primary_key=True, editable=False)
    work = models.CharField(max_length=60)
    title = models.CharField(_("what"), max_length=200)
    # What the work takes beside each row's key.
    options = models.JSONField(default=dict)
    # The model of the rows and the words for their history; empty for what has none.
    model = models.CharField(max_length=60, blank=True)
    noted = models.CharField(max_length=300, blank=True)
    # What the screen of the model asks of whoever lets the job go on: names, as of a Django admin action.
    permissions = models.JSONField(default=list, db_default=[])
    actor_id = models.BigIntegerField(_("by"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=JobState.choices, default=JobState.QUEUED
    )
    rows = models.PositiveIntegerField(_("rows"))
    done = models.PositiveIntegerField(_("done"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    # Somebody works on it until then; who comes meanwhile leaves it alone.
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=JobState.values), name="jobs_job_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(rows__gte=models.F("done") + models.F("failed")),
                name="jobs_job_counts_no_row_twice",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="jobs_job_open",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RowState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class JobRow(models.Model):
    """One row of a job; it is marked in the transaction that does its work."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    # What the work takes beside the key, of this row alone; gone as soon as the row is done.
    content = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=RowState.choices, default=RowState.WAITING)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="jobs_row_once_per_place"),
            models.CheckConstraint(
                condition=models.Q(state__in=RowState.values), name="jobs_row_state_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["job", "position"],
                name="jobs_row_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["job", "position"],
                name="jobs_row_failed",
                condition=models.Q(state="failed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.state}"
