"""What every table of the shop has in common."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import translation
from uuid_utils.compat import uuid7

from apps.core.rules import words_in
from apps.core.types import Translations, Words


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): unique without the database, and in order of time."""
    return UUID(int=uuid7().int)


class TimeStampedModel(models.Model):
    """A row that knows when it was made and last changed."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


def localized(field: str, *, own: str, translations: Translations, language: str = "") -> Words:
    """A text of a row in a language, else in the active one; what is not translated in the shop's own."""
    return words_in(
        language or translation.get_language() or settings.LANGUAGE_CODE,
        field=field,
        own=own,
        own_language=settings.LANGUAGE_CODE,
        translations=translations,
    )


class Translated(models.Model):
    """A row whose texts are there in several languages: in LANGUAGE_CODE in their own columns, in all others
    beside them, by language and field. A page in any language reads no more rows than in the first.
    """

    translated: ClassVar[tuple[str, ...]] = ()
    # By what a file of translations names a row: fields, or ways to fields, that no two rows have alike.
    translation_key: ClassVar[tuple[str, ...]] = ("code",)
    translations = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), editable=False
    )

    class Meta:
        abstract = True

    def localized(self, field: str, language: str = "") -> Words:
        """One of the `translated` fields in a language, else in the active one; what is not translated in
        the row's own language.
        """
        assert field in self.translated, field
        own: str = getattr(self, field)
        return localized(field, own=own, translations=self.translations, language=language)


def folded(*columns: str) -> models.GeneratedField:
    """A column of all that others say in the one form in which words are compared (`core.rules.folded`)."""
    return models.GeneratedField(
        # What PostgreSQL's own `concat` makes depends on settings, and may not be kept.
        expression=models.Func(*columns, function="folded", arg_joiner=" || ' ' || "),
        output_field=models.TextField(),
        db_persist=True,
    )


class SweepFailure(models.Model):
    """A row that a periodic sweep could not work, and when it is tried again; gone once it succeeds."""

    sweep = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    attempts = models.PositiveIntegerField(default=1)
    error = models.CharField(max_length=500)
    failed_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sweep", "key"], name="core_sweepfailure_once_per_row"),
        ]

    def __str__(self) -> str:
        return f"{self.sweep} {self.key}: {self.error[:80]}"
