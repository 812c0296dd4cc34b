"""Damaged files: the shadow finds all that the real run finds, and a bad row hinders no good one."""

import csv
from io import StringIO
from itertools import count
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog.models import Product
from apps.orders.models import Order
from tests.properties import examples

pytestmark = pytest.mark.django_db(transaction=True)

HEADINGS = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

_numbers = count(1)
_texts = st.one_of(
    st.sampled_from(
        ["", "CUP", "x" * 70, "ß" * 60, "\0", 'a"b', "É", "😀" * 200, "EN-A/1", "EN-A1"]
    ),
    st.text(max_size=12).filter(lambda text: not set(text) & set(',\r\n"')),
)
_codes = st.one_of(st.sampled_from(["CUP", "PAN", "CUP-1", "POST", "D", "M", "B"]), _texts)
_quantities = st.sampled_from(
    ["1", "2", "-1", "0", "-3", "1_0", "٣", "1.0", "12000000", "9" * 19, "", "many"]
)
_prices = st.sampled_from(
    [
        "2.50",
        "0",
        "0.001",
        "-1",
        "1E+30",
        "1e-9",
        "-11062.06",
        "99999999999",
        "2,5",
        "NaN",
        "3.3333",
    ]
)
_dates = st.sampled_from(
    [
        "2010-12-01 08:00:00",
        "2011-08-12 14:51:00",
        "0001-01-01 00:00:00",
        "9999-12-31 23:59:59",
        "now",
    ]
)
_customers = st.one_of(st.sampled_from(["17850", "17850.0", "", "c" * 300]), _texts)
_countries = st.sampled_from(["United Kingdom", "Atlantis", "", "x" * 200, "\0"])
# Rows of few invoices, so that good and bad ones meet on one; `{}` is the file's own prefix.
_rows = st.tuples(
    st.sampled_from(["{}1", "{}1", "{}2", "C{}3", "A{}4", "A{}1", "{}" + "5" * 90, ""]),
    _codes, _texts, _quantities, _dates, _prices, _customers, _countries,
)  # fmt: skip
_good = st.tuples(
    st.sampled_from(["{}1", "{}2", "{}6"]), st.sampled_from(["CUP", "PAN", "POST", "D"]),
    st.just("GOOD"), st.sampled_from(["1", "3", "-1"]), st.just("2010-12-02 09:00:00"),
    st.sampled_from(["2.50", "0.85", "0"]), st.sampled_from(["17850", ""]), st.just("France"),
)  # fmt: skip


def run(file: Path, *, shadow: bool) -> tuple[str, list[list[str]], bool]:
    """What the command said, which rows it rejected and why, and whether all were accounted for."""
    rejects, out = file.with_suffix(".rejects"), StringIO()
    try:
        call_command(
            "import_orders", file, rejects=rejects, shadow=shadow, stdout=out, stderr=StringIO()
        )
    except CommandError:
        return out.getvalue(), [], False
    with rejects.open(newline="") as rows:
        return out.getvalue(), list(csv.reader(rows)), True


def write(folder: Path, rows: list[str]) -> Path:
    file = folder / f"damaged-{next(_numbers)}.csv"
    file.write_text("\n".join([HEADINGS, *rows, ""]), encoding="utf-8", errors="surrogatepass")
    return file


class TestImportOfDamagedFiles:
    @settings(
        max_examples=examples(24),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(rows=st.lists(st.one_of(_rows, _good), min_size=5, max_size=40))
    def test_the_shadow_says_what_the_real_run_does(
        self, working: None, tmp_path: Path, rows: list[tuple[str, ...]]
    ) -> None:
        own = f"7{next(_numbers):05}"
        lines = [",".join([row[0].format(own), *row[1:]]) for row in rows]
        # Levels of one example's SKUs are not the next one's.
        lines = [
            line.replace(",CUP,", f",CUP{own},").replace(",PAN,", f",PAN{own},") for line in lines
        ]
        file = write(tmp_path, lines)

        foreseen, done = run(file, shadow=True), run(file, shadow=False)

        assert foreseen[2]
        assert done == foreseen
        assert [f"{len(lines)}"] == [
            line.split()[2] for line in done[0].splitlines() if line.startswith("the file")
        ]

    @pytest.mark.parametrize(
        ("first", "second", "moved"),
        [
            ("LS1,CUP,1,2010-12-01 08:00:00,2.50", "L" * 70 + ",CUP,1,2010-12-01 08:00:00,2.50", 1),
            ("HP1,CUP,1,2010-12-01 08:00:00,2.50", "HP2,CUP,1,2010-12-01 08:00:00,1E+30", 1),
            ("EN-A/1,CUP,1,2010-12-01 08:00:00,2.50", "EN-A1,CUP,1,2010-12-01 08:00:00,2.50", 2),
        ],
    )
    def test_a_bad_row_hinders_no_good_one(
        self, working: None, tmp_path: Path, first: str, second: str, moved: int
    ) -> None:
        rows = [f"91001{at},{row},17850,United Kingdom" for at, row in enumerate((first, second))]
        file = write(tmp_path, rows)

        _, rejects, complete = run(file, shadow=False)

        assert complete
        assert len(rejects) - 1 == 2 - moved
        assert Order.objects.filter(status__in=["paid", "completed"]).count() == moved
        assert Product.objects.filter(slug__startswith="imported-").count() == moved

    def test_an_invoice_too_long_for_one_message_becomes_several_orders(
        self, working: None, tmp_path: Path
    ) -> None:
        rows = [
            f"573585,LONG{at},{'é' * 190},1,2010-12-01 08:00:00,2.50,17850,United Kingdom"
            for at in range(620)
        ]
        file = write(tmp_path, [*rows, rows[0].replace("LONG0", "POST")])

        table, rejects, complete = run(file, shadow=False)

        assert (complete, len(rejects) - 1) == (True, 0)
        assert "order line                 620          1,550.00" in table
        sums = Order.objects.values_list("total_minor", flat=True)
        assert len(sums) > 1
        assert sum(sums) == 621 * 250
