"""How a list of translations is read and written."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

import msgspec

from apps.translations.errors import NoTranslations
from apps.translations.types import TextRow

COLUMNS = TextRow.__struct_fields__
# Behind it a spreadsheet knows the file as UTF-8; Unicode 16, section 23.8.
BYTE_ORDER_MARK = "\ufeff"


def read_rows(content: bytes) -> list[TextRow]:
    """The lines of a CSV file (RFC 4180, UTF-8) with all of `COLUMNS`, parted by commas or semicolons.

    Raises NoTranslations.
    """
    try:
        text = content.decode().removeprefix(BYTE_ORDER_MARK)
        head, _, _ = text.partition("\n")
        delimiter = ";" if ";" in head else ","
        lines = list(csv.DictReader(StringIO(text), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise NoTranslations(columns=COLUMNS) from error
    if not lines or not set(COLUMNS) <= lines[0].keys():
        raise NoTranslations(columns=COLUMNS)
    return [TextRow(**{name: (line.get(name) or "").strip() for name in COLUMNS}) for line in lines]


def write_rows(rows: Iterable[TextRow]) -> Iterator[str]:
    """The lines of a CSV file that `read_rows` reads, one after the other."""
    yield BYTE_ORDER_MARK + ",".join(COLUMNS) + "\r\n"
    for row in rows:
        line = StringIO()
        csv.writer(line).writerow(msgspec.structs.astuple(row))
        yield line.getvalue()
