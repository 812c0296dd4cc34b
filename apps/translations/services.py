"""Translate the shop's texts: one by one, and by lists."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from apps.catalog.models import OptionValue
from apps.catalog.services import refresh_option_texts
from apps.core.models import Translated
from apps.jobs.models import Job
from apps.jobs.services import start_job
from apps.translations.errors import (
    SourceChanged,
    TextTooLong,
    UnknownText,
    UnspokenLanguage,
)
from apps.translations.selectors import find_row, spoken_languages, translated_models
from apps.translations.types import TextRow

IMPORT = "translations.translate"
# Of the texts of all tables, each in each language that a market speaks, besides the shop's own.
_VIEW = """
CREATE VIEW translations_text AS
SELECT texts.kind || ':' || texts.row || ':' || texts.field || ':' || spoken.language AS id,
    texts.kind, texts.row, texts.key, texts.field, spoken.language, texts.source,
    coalesce(texts.translations -> spoken.language ->> texts.field, '') AS text
FROM (%s) AS texts(kind, row, key, field, source, translations)
CROSS JOIN (SELECT DISTINCT unnest(languages) AS language FROM pricing_market) AS spoken
WHERE spoken.language <> %%s
"""


@transaction.atomic
def translate(row: TextRow) -> None:
    """Say a text of the shop in another language; an empty text takes what was said back.

    A `source` that is given must be what the text is. Raises UnknownText, UnspokenLanguage, SourceChanged,
    TextTooLong.
    """
    if row.language == settings.LANGUAGE_CODE or row.language not in spoken_languages():
        raise UnspokenLanguage(language=row.language)
    found = find_row(kind=row.kind, key=row.key)
    if row.field not in found.translated:
        raise UnknownText(kind=row.kind, key=row.key, field=row.field)
    source = getattr(found, row.field)
    if row.source and row.source.split() != source.split():
        raise SourceChanged(source=source)
    _check_length(found, field=row.field, text=row.text)
    _write(found, row=row)
    if isinstance(found, OptionValue):
        refresh_option_texts(option_id=found.option_id)


def _check_length(found: Translated, *, field: str, text: str) -> None:
    column = found._meta.get_field(field)
    most = getattr(column, "max_length", None)
    if most is not None and len(text) > most:
        raise TextTooLong(most=most)


def _write(found: Translated, *, row: TextRow) -> None:
    said = dict(found.translations.get(row.language, {}))
    said[row.field] = row.text
    said = {field: text for field, text in said.items() if text}
    others = {name: texts for name, texts in found.translations.items() if name != row.language}
    found.translations = {**others, row.language: said} if said else others
    found.save(update_fields=["translations"])


def import_translations(
    rows: Sequence[TextRow], *, title: str, actor_id: int | None, at_once: bool = False
) -> Job:
    """Have a worker translate by a list, line by line: what is wrong with one stops no other, and is told.

    Lines without a text are passed over, so that a list may come back half done.
    """
    contents = {
        f"{number}: {row.kind} {row.key} {row.field} {row.language}": {
            name: getattr(row, name) for name in TextRow.__struct_fields__
        }
        for number, row in enumerate(rows, start=2)
        if row.text
    }
    return start_job(
        work=IMPORT,
        title=title,
        keys=contents,
        contents=contents,
        actor_id=actor_id,
        model="translations.Text",
        permissions=["change"],
        at_once=at_once,
    )


def make_view(*, using: str) -> None:
    """Make the view of all texts (`translations_text`) anew, of whatever tables have translations now."""
    drop_view(using=using)
    parts, values = zip(*map(_select, _texts()), strict=True)
    with connections[using].cursor() as cursor:
        cursor.execute(_VIEW % " UNION ALL ".join(parts), [*chain(*values), settings.LANGUAGE_CODE])


def drop_view(*, using: str) -> None:
    """Take the view of all texts away, which would hold fast the tables that it reads."""
    with connections[using].cursor() as cursor:
        cursor.execute("DROP VIEW IF EXISTS translations_text")


def _texts() -> Iterator[QuerySet[Translated, Any]]:
    """Each field that can be translated, of every row that has something in it."""
    for kind, model in translated_models().items():
        first, *others = (Cast(way, TextField()) for way in model.translation_key)
        rest = chain(*((Value("/"), one) for one in others))
        key = Concat(first, *rest, output_field=TextField()) if others else first
        for field in model.translated:
            rows = model._default_manager.exclude(**{field: ""}).order_by()
            yield rows.values_list(
                Value(kind, TextField()),
                Cast("pk", TextField()),
                key,
                Value(field, TextField()),
                Cast(field, TextField()),
                "translations",
            )


def _select(texts: QuerySet[Translated, Any]) -> tuple[str, Sequence[object]]:
    sql, values = texts.query.sql_with_params()
    return sql, values
