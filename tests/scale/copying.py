"""Rows on their way into a table by `COPY`, and the ids that they take."""

import time
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from random import Random

from django.db import connection
from django.db.models import AutoField, GeneratedField, Model

# Characters that no text of ours has, so that a row is escaped once and not value by value.
_BETWEEN, _NULL = "\x01", "\x02"
_BLOCK = 10_000


class Table:
    """Rows of one model, kept until they are copied; counts the rows and the seconds of copying.

    Each column is named by its field, or is the same in every row. Raises ValueError for one that is
    forgotten, so that a new column of the shop is noticed here.
    """

    def __init__(self, model: type[Model], fields: str, **constants: object) -> None:
        names = [*fields.split(), *constants]
        meta = model._meta
        found = {field.name: field for field in meta.concrete_fields}
        optional = {
            name for name, field in found.items() if isinstance(field, AutoField | GeneratedField)
        }
        if forgotten := found.keys() - {*names} - optional:
            msg = f"{meta.label} has columns that nobody fills: {sorted(forgotten)}"
            raise ValueError(msg)
        self.name = meta.db_table
        self.rows = 0
        self.seconds = 0.0
        columns = ", ".join(f'"{found[name].column}"' for name in names)
        self._statement = (
            f'COPY "{self.name}" ({columns}) FROM STDIN'
            f" WITH (DELIMITER E'{_BETWEEN}', NULL E'{_NULL}')"
        )
        self._end = "".join(_BETWEEN + _text(value) for value in constants.values()) + "\n"
        self._lines: list[str] = []

    def add(self, *values: object) -> None:
        """Keep one row: the values of the named fields, in their order."""
        texts = [one if one.__class__ is str else _text(one) for one in values]
        self._lines.append(_escaped(_BETWEEN.join(texts)) + self._end)

    def copy(self) -> None:
        """Write the kept rows into the table, in the surrounding transaction."""
        began = time.monotonic()
        if self._lines:
            with connection.cursor() as cursor:
                cursor.copy_expert(self._statement, StringIO("".join(self._lines)))
        self.rows += len(self._lines)
        self.seconds += time.monotonic() - began
        self._lines.clear()


class Ids:
    """UUIDv7 of any moment, the same for the same seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def at(self, moment: datetime) -> str:
        """An id that was made then."""
        bits = self._random.getrandbits(74)
        head, tail = bits >> 62, bits & (1 << 62) - 1 | 1 << 63
        text = f"{int(moment.timestamp() * 1000):012x}7{head:03x}{tail:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def serial_ids(model: type[Model]) -> Iterator[int]:
    """Ids of a model's own sequence, which nobody else is given."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [model._meta.db_table, _BLOCK],
            )
            block = [row[0] for row in cursor.fetchall()]
        yield from block


def _text(value: object) -> str:
    return _NULL if value is None else str(value)


def _escaped(row: str) -> str:
    if "\\" in row:
        row = row.replace("\\", "\\\\")
    return row.replace("\n", "\\n") if "\n" in row else row
