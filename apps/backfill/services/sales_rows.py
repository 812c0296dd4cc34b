"""Read the old service's files; a row that cannot be read is kept with its reason, and hinders no other."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from sys import intern

from apps.backfill.errors import NoSales
from apps.backfill.rules import find_excess
from apps.backfill.services.sales_files import parse_line, read_lines, shape_of
from apps.backfill.types import FileShape, RejectedRow, Row, Sales

# Each column by the names that the old service and its later exports give it.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "InvoiceNo": ("invoiceno", "invoice"),
    "StockCode": ("stockcode",),
    "Description": ("description",),
    "Quantity": ("quantity",),
    "InvoiceDate": ("invoicedate",),
    "UnitPrice": ("unitprice", "price"),
    "CustomerID": ("customerid",),
    "Country": ("country",),
}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?")
_DAMAGED = re.compile("[\x00\ud800-\udfff]")
# A quoted field may hold line ends; a quote that was never closed must not swallow the file.
_MOST_LINES_OF_A_ROW = 20
_MOST_KEPT_TEXT = 2_000


class _Unreadable(ValueError):
    """Why a row cannot be read."""


def read_sales(path: Path) -> Sales:
    """All rows of a file, or of all CSV files of a folder by name. Raises NoSales."""
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise NoSales.in_folder(path)
    rows: list[Row] = []
    unreadable: list[RejectedRow] = []
    shapes: dict[str, FileShape] = {}
    for file in files:
        shapes[file.name] = shape_of(file)
        for entry in _read_file(file, shape=shapes[file.name]):
            if isinstance(entry, Row):
                rows.append(entry)
            else:
                unreadable.append(entry)
    return Sales(rows=rows, unreadable=unreadable, shapes=shapes)


def _read_file(path: Path, *, shape: FileShape) -> Iterator[Row | RejectedRow]:
    lines = read_lines(path, encoding=shape.encoding)
    columns, width = _find_columns(path, next(lines, ""), shape=shape)
    records = _records(lines, delimiter=shape.delimiter, width=width, prose=columns["Description"])
    for number, text, fields in records:
        source = f"{path.name}:{number}"
        try:
            if fields is None:
                msg = "a quote in it does not end"
                raise _Unreadable(msg)
            row = _read_row(fields, source=source, columns=columns, width=width, shape=shape)
            if excess := find_excess(row):
                raise _Unreadable(excess)
            yield row
        except _Unreadable as error:
            kept = _DAMAGED.sub("?", text.strip()[:_MOST_KEPT_TEXT])
            yield RejectedRow(source=source, text=kept, reason=str(error))


def _find_columns(path: Path, heading: str, *, shape: FileShape) -> tuple[dict[str, int], int]:
    """At which position each column stands, and how many fields a row has. Raises NoSales."""
    try:
        found = [name.strip() for name in parse_line(heading, delimiter=shape.delimiter)]
    except csv.Error:
        found = [heading.strip()]
    spelt = [re.sub(r"[\s_]", "", name).casefold() for name in found]
    columns = {
        column: next(spelt.index(name) for name in names if name in spelt)
        for column, names in COLUMNS.items()
        if any(name in spelt for name in names)
    }
    if missing := [column for column in COLUMNS if column not in columns]:
        found = [_DAMAGED.sub("?", name) for name in found]
        raise NoSales.without_columns(path, missing=missing, found=found)
    return columns, len(found)


def _records(
    lines: Iterable[str], *, delimiter: str, width: int, prose: int
) -> Iterator[tuple[int, str, list[str] | None]]:
    """Each row: the number of its first line, its text, and its fields; None if it cannot be split.

    A row that begins a quote goes on to the line where that ends, if this makes a row of the right
    width with line ends in its prose (a position) only; otherwise its first line stands alone, and
    the next line is a row again.
    """
    waiting: deque[tuple[int, str]] = deque()
    numbered = iter(enumerate(lines, start=2))
    while waiting or (waiting := deque(islice(numbered, 1))):
        number, text = waiting.popleft()
        if not text.strip():
            continue
        fields = _split(text, delimiter=delimiter)
        if fields is None:
            missing = _MOST_LINES_OF_A_ROW - 1 - len(waiting)
            waiting.extend(islice(numbered, missing))
            following = [line for _, line in waiting]
            whole = _join(text, following, delimiter=delimiter, width=width, prose=prose)
            if whole:
                used, text, fields = whole
                for _ in range(used):
                    waiting.popleft()
        yield number, text, fields


def _split(text: str, *, delimiter: str) -> list[str] | None:
    try:
        return parse_line(text, delimiter=delimiter)
    except csv.Error:
        return None


def _join(
    text: str, following: Sequence[str], *, delimiter: str, width: int, prose: int
) -> tuple[int, str, list[str]] | None:
    """How many of the following lines belong to the row, its whole text, and its fields."""
    for used, line in enumerate(following, start=1):
        if line.count(delimiter) >= width - 1:
            # It has the fields of a whole row: two broken rows must not become one.
            return None
        text += line
        fields = _split(text, delimiter=delimiter)
        if fields is None:
            continue
        elsewhere = "".join(fields[:prose] + fields[prose + 1 :])
        fits = len(fields) == width and not re.search(r"[\r\n]", elsewhere)
        return (used, text, fields) if fits else None
    return None


def _read_row(
    fields: Sequence[str],
    *,
    source: str,
    columns: Mapping[str, int],
    width: int,
    shape: FileShape,
) -> Row:
    if len(fields) < width or any(field.strip() for field in fields[width:]):
        msg = f"it has {len(fields)} fields, not {width}"
        raise _Unreadable(msg)
    if _DAMAGED.search("".join(fields)):
        msg = f"it holds characters that are no {shape.encoding_name}, or that no table keeps"
        raise _Unreadable(msg)
    value = {name: fields[position].strip() for name, position in columns.items()}
    return Row(
        source=source,
        invoice=intern(_text(value, "InvoiceNo").upper()),
        code=intern(_text(value, "StockCode").upper()),
        description=intern(value["Description"]),
        quantity=_whole(_text(value, "Quantity")),
        sold_at=_time(_text(value, "InvoiceDate")),
        unit_price=_price(_text(value, "UnitPrice"), shape=shape),
        customer=intern(value["CustomerID"].removesuffix(".0")),
        country=intern(_text(value, "Country")),
    )


def _text(value: Mapping[str, str], name: str) -> str:
    if not value[name]:
        msg = f"{name} is empty"
        raise _Unreadable(msg)
    return value[name]


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        msg = f"Quantity {text[:40]!r} is not a whole number"
        raise _Unreadable(msg)
    return int(text)


def _price(text: str, *, shape: FileShape) -> Decimal:
    # Where commas do not part fields, they part pounds from pence.
    plain = text.replace(",", ".") if shape.delimiter != "," else text
    if not _DECIMAL.fullmatch(plain):
        msg = f"UnitPrice {text[:40]!r} is not a number"
        raise _Unreadable(msg)
    return Decimal(plain)


def _time(text: str) -> datetime:
    try:
        if text.isascii():
            return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        pass
    msg = f"InvoiceDate {text[:40]!r} is not a time like 2010-12-01 08:26:00"
    raise _Unreadable(msg)
