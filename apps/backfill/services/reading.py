"""Read the old service's files; a row that cannot be read is kept with its reason."""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from apps.backfill.errors import NoSales
from apps.backfill.types import RejectedRow, Row

COLUMNS = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID",
    "Country",
)  # fmt: skip


def read_sales(path: Path) -> tuple[list[Row], list[RejectedRow]]:
    """All rows of a file, or of all CSV files of a folder by name. Raises NoSales."""
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise NoSales(path=str(path))
    rows: list[Row] = []
    unreadable: list[RejectedRow] = []
    for file in files:
        for entry in _read_file(file):
            if isinstance(entry, Row):
                rows.append(entry)
            else:
                unreadable.append(entry)
    return rows, unreadable


def _read_file(path: Path) -> Iterator[Row | RejectedRow]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
            raise NoSales(path=str(path), missing_columns=missing)
        for fields in reader:
            yield _read_row(fields, source=f"{path.name}:{reader.line_num}")


def _read_row(fields: Mapping[str, str | None], *, source: str) -> Row | RejectedRow:
    try:
        return Row(
            source=source,
            invoice=_text(fields, "InvoiceNo").upper(),
            code=_text(fields, "StockCode").upper(),
            description=(fields["Description"] or "").strip(),
            quantity=int(_text(fields, "Quantity")),
            sold_at=datetime.strptime(_text(fields, "InvoiceDate"), "%Y-%m-%d %H:%M:%S").replace(
                tzinfo=UTC
            ),
            unit_price=_price(_text(fields, "UnitPrice")),
            customer=(fields["CustomerID"] or "").strip().removesuffix(".0"),
            country=_text(fields, "Country"),
        )
    except ValueError as error:
        text = ",".join(str(value) for value in fields.values())
        return RejectedRow(source=source, text=text, reason=str(error))


def _text(fields: Mapping[str, str | None], name: str) -> str:
    value = (fields[name] or "").strip()
    if not value:
        msg = f"{name} is empty"
        raise ValueError(msg)
    return value


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation as error:
        msg = f"UnitPrice {text!r} is not a number"
        raise ValueError(msg) from error
    if not price.is_finite():
        msg = f"UnitPrice {text!r} is not a number"
        raise ValueError(msg)
    return price
