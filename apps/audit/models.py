"""How far the checker has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PassKind(models.TextChoices):
    CHANGES = "changes", _("what has changed")
    FULL = "full", _("everything")


class Pass(models.Model):
    """One going through the shop, in pieces: after a break it goes on behind `after` in `scope`."""

    kind = models.CharField(_("of"), max_length=10, choices=PassKind.choices)
    scope = models.CharField(max_length=30, blank=True)
    after = models.CharField(max_length=64, blank=True)
    checked = models.PositiveBigIntegerField(_("checked"), default=0)
    violations = models.PositiveIntegerField(_("violations"), default=0)
    started_at = models.DateTimeField(_("begun"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=PassKind.values), name="audit_pass_kind_known"
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(finished_at__isnull=True),
                name="audit_pass_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.started_at:%Y-%m-%d %H:%M}"
