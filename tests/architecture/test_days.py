"""A day is taken from a moment in one place, by the seller's zone; programs are told moments in UTC."""

import ast
import re

import pytest

from tests.architecture.source import python_files, shown, tree_of

# The place, and what other modules mean that looks like a day of a moment.
HELPER = "apps/core/selectors.py"
PARTS = frozenset({"year", "month", "day", "isocalendar", "weekday", "isoweekday"})
DAY_IN_SQL = re.compile(
    r"::date\b|\bdate_trunc\(|\bcurrent_date\b|\bextract\(\s*(year|month|day)\b", re.IGNORECASE
)


def unzoned_days(tree: ast.Module) -> list[str]:
    """Where a module takes a day, month or year from a moment without `day_of`, with its line."""
    return [
        f"line {getattr(node, 'lineno', '?')}: {sin}"
        for node in ast.walk(tree)
        if (sin := _sin_of(node))
    ]


def _sin_of(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "a day in UTC, taken by SQL" if DAY_IN_SQL.search(node.value) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "date" and not node.args and not node.keywords:
            return "a moment's day in whatever zone it is in"
        if node.func.attr in {"localdate", "strftime"}:
            return f"{node.func.attr}: day_of knows the seller's zone"
    is_part = isinstance(node, ast.Attribute) and node.attr in PARTS
    if is_part and not _is_day(node.value):
        return f"a moment's {node.attr} in whatever zone it is in"
    if isinstance(node, ast.Attribute) and ast.unparse(node) == "serializers.DateTimeField":
        return "a moment for programs: MomentField tells it in UTC"
    return ""


def _is_day(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "day_of"


class TestDays:
    def test_are_taken_by_the_sellers_zone(self) -> None:
        files = [*python_files("apps"), *python_files("tests/scale")]
        found = {shown(path): unzoned_days(tree_of(path)) for path in files}
        allowed = {HELPER, "apps/core/api/serializers.py"}

        assert len(found) > 200
        assert all(found[path] for path in allowed)
        assert {path: days for path, days in found.items() if days and path not in allowed} == {}

    @pytest.mark.parametrize(
        "code",
        [
            "paid_on = order.paid_at.date()",
            "year = timezone.now().year",
            "day = timezone.localdate(moment)",
            "name = moment.strftime('%Y')",
            "sql = 'SELECT issued_at::date FROM documents'",
            "sql = \"SELECT date_trunc('month', paid_at)\"",
            "sent_at = serializers.DateTimeField()",
        ],
    )
    def test_without_a_zone_are_noticed(self, code: str) -> None:
        assert len(unzoned_days(ast.parse(code))) == 1

    @pytest.mark.parametrize(
        "code",
        ["paid_on = day_of(order.paid_at)", "year = day_of(now).year", "sent_at = MomentField()"],
    )
    def test_of_the_seller_are_left_alone(self, code: str) -> None:
        assert unzoned_days(ast.parse(code)) == []
