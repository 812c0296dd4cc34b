"""How far the checker has come."""

from django.db import models


class PassKind(models.TextChoices):
    CHANGES = "changes"
    FULL = "full"


class Pass(models.Model):
    """One going through the shop, in pieces: after a break it goes on behind `after` in `scope`."""

    kind = models.CharField(max_length=10, choices=PassKind.choices)
    scope = models.CharField(max_length=30, blank=True)
    after = models.CharField(max_length=64, blank=True)
    checked = models.PositiveBigIntegerField(default=0)
    violations = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "passes"
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
