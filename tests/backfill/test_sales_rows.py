"""Files as spreadsheets and other exports write them, whole and damaged."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.backfill.errors import NoSales
from apps.backfill.services import read_sales
from apps.backfill.types import Sales

HEADINGS = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ROW = "910001,CP1,CRÈME BRÛLÉE £1 DISH,1,2010-12-01 08:00:00,2.50,17850,United Kingdom"


@pytest.fixture
def read(tmp_path: Path):
    def write_and_read(*lines: str, encoding: str = "utf-8", end: str = "\n") -> Sales:
        file = tmp_path / "sales.csv"
        file.write_bytes(end.join([*lines, ""]).encode(encoding))
        return read_sales(file)

    return write_and_read


def reasons(sales: Sales) -> dict[str, str]:
    return {row.source: row.reason for row in sales.unreadable}


class TestReadSales:
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"]
    )
    def test_reads_what_a_spreadsheet_saves(self, read, encoding: str) -> None:
        sales = read(HEADINGS, ROW, encoding=encoding, end="\r\n")

        assert [row.description for row in sales.rows] == ["CRÈME BRÛLÉE £1 DISH"]

    def test_tells_how_it_read_a_file(self, read) -> None:
        sales = read(HEADINGS.replace(",", ";"), ROW.replace(",", ";"), encoding="windows-1252")

        shape = sales.shapes["sales.csv"]
        assert (shape.encoding_name, shape.delimiter) == ("WINDOWS-1252", ";")

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_finds_out_what_parts_the_fields(self, read, delimiter: str) -> None:
        sales = read(HEADINGS.replace(",", delimiter), ROW.replace(",", delimiter))

        assert [row.code for row in sales.rows] == ["CP1"]

    def test_reads_a_comma_in_a_price_where_commas_part_no_fields(self, read) -> None:
        row = ROW.replace("2.50", "2|50").replace(",", ";").replace("|", ",")

        assert read(HEADINGS.replace(",", ";"), row).rows[0].unit_price == Decimal("2.50")

    def test_one_bad_byte_makes_a_bad_row_and_no_other_encoding(self, tmp_path: Path) -> None:
        file = tmp_path / "sales.csv"
        file.write_bytes(f"{HEADINGS}\n{ROW}\n{ROW}\n".encode() + ROW.encode("windows-1252"))

        sales = read_sales(file)

        assert [row.description for row in sales.rows] == ["CRÈME BRÛLÉE £1 DISH"] * 2
        assert list(reasons(sales)) == ["sales.csv:4"]

    def test_knows_the_headings_of_the_sequel(self, read) -> None:
        sales = read(
            "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country", ROW
        )

        assert (sales.rows[0].invoice, sales.rows[0].customer) == ("910001", "17850")

    def test_names_file_and_headings_that_do_not_fit(self, read) -> None:
        with pytest.raises(NoSales) as refusal:
            read("InvoiceNo,Article,Quantity", "1,2,3")

        told = str(refusal.value)
        assert "sales.csv lacks the columns StockCode, Description" in told
        assert "its first line has: InvoiceNo, Article, Quantity." in told

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            (",1,", ",1_000,", "Quantity '1_000' is not a whole number"),
            (",1,", ",٣,", "Quantity '٣' is not a whole number"),
            ("2.50", "٣", "UnitPrice '٣' is not a number"),
            ("2.50", "2_0", "UnitPrice '2_0' is not a number"),
            ("2.50", "NaN", "UnitPrice 'NaN' is not a number"),
            ("2010-12-01", "٢٠١٠-12-01", "InvoiceDate"),
            ("DISH", "DI\0SH", "it holds characters"),
            ("DISH", "D,ISH", "it has 9 fields, not 8"),
            (",United Kingdom", "", "it has 7 fields, not 8"),
            ("CP1", "", "StockCode is empty"),
            ("CRÈME", '"CRÈME', "a quote in it does not end"),
        ],
    )
    def test_says_why_a_row_cannot_be_read(self, read, old: str, new: str, reason: str) -> None:
        sales = read(HEADINGS, ROW, ROW.replace(old, new), ROW)

        assert len(sales.rows) == 2
        assert reasons(sales)["sales.csv:3"].startswith(reason)

    def test_reads_a_field_of_several_lines(self, read) -> None:
        sales = read(HEADINGS, ROW.replace("CRÈME BRÛLÉE £1 DISH", '"two\nlines"'), ROW)

        assert [row.description for row in sales.rows] == ["two\nlines", "CRÈME BRÛLÉE £1 DISH"]

    def test_a_quote_that_does_not_end_swallows_no_other_row(self, read) -> None:
        broken = ROW.replace("CRÈME", '"CRÈME')

        sales = read(HEADINGS, *[ROW] * 3, broken, *[ROW] * 60, broken, ROW)

        assert (len(sales.rows), list(reasons(sales))) == (64, ["sales.csv:5", "sales.csv:66"])

    @given(damage=st.lists(st.text(alphabet='a1,";\t\n\r\0 é', max_size=12), max_size=12))
    def test_counts_every_row_whatever_stands_in_it(
        self, tmp_path_factory: pytest.TempPathFactory, damage: list[str]
    ) -> None:
        file = tmp_path_factory.mktemp("fuzz") / "sales.csv"
        rows = [f"9,{text},D,1,2010-12-01 08:00:00,2.50,1,UK" for text in damage]
        file.write_bytes("\n".join([HEADINGS, *rows, ""]).encode())

        sales = read_sales(file)

        # A row begins with its invoice, and no damage does: what is left over is a row of its own.
        began = [row for row in sales.rows if row.invoice == "9"]
        began += [row for row in sales.unreadable if row.text.startswith("9,")]
        assert len(began) == len(rows)
