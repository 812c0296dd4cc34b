"""Small things that are never right here: inexact money, naive times, cookies that travel in the open."""

import ast
import re
from collections.abc import Iterable

import pytest

from tests.architecture.source import ROOT, pyproject, python_files, shown, tree_of

COOKIE_SAYS = frozenset({"secure", "samesite"})
# They end like a gerund, and are the field's names of things.
NOUNS = frozenset({"shipping", "messaging", "pricing", "invoicing", "caching", "tracing"})
NAIVE = frozenset({"utcnow", "utcfromtimestamp", "today"})


def sins(tree: ast.Module) -> list[str]:
    """What a module does that no module of the shop may do, with its line."""
    return [
        f"line {node.lineno}: {sin}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.Assign | ast.AnnAssign)
        for sin in [_sin_of(node)]
        if sin
    ]


def _sin_of(node: ast.Call | ast.Assign | ast.AnnAssign) -> str:
    if isinstance(node, ast.Call):
        return _sin_of_call(node)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    shows_all = isinstance(node.value, ast.Constant) and node.value.value == "__all__"
    if names & {"fields", "exclude"} and shows_all:
        return "a serializer or form that shows every field"
    return ""


def _sin_of_call(node: ast.Call) -> str:
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if name in {"float", "FloatField"}:
        return "an inexact number"
    of_datetime = isinstance(called, ast.Attribute) and (
        getattr(called.value, "id", "") in {"datetime", "date"}
        or getattr(called.value, "attr", "") in {"datetime", "date"}
    )
    if of_datetime and name in NAIVE:
        return "a time without a zone"
    said = {keyword.arg for keyword in node.keywords}
    if name in {"set_cookie", "set_signed_cookie"} and COOKIE_SAYS - said:
        return "a cookie that does not say how it travels"
    has_zone = bool(node.args or said & {"tz", "tzinfo"})
    if of_datetime and name == "now" and not has_zone:
        return "a time without a zone"
    return ""


class TestTheCode:
    def test_is_exact_and_explicit(self) -> None:
        found = {shown(path): sins(tree_of(path)) for path in python_files("apps", "ecommerce")}

        assert len(found) > 150
        assert {path: what for path, what in found.items() if what} == {}

    @pytest.mark.parametrize(
        "code",
        [
            "price = float(text)",
            "amount = models.FloatField()",
            "amount = serializers.FloatField()",
            "now = datetime.now()",
            "now = datetime.datetime.utcnow()",
            "day = date.today()",
            "class Meta:\n    fields = '__all__'",
            "response.set_cookie('market', 'eu', samesite='Lax')",
        ],
    )
    def test_that_sins_is_noticed(self, code: str) -> None:
        assert len(sins(ast.parse(code))) == 1

    @pytest.mark.parametrize(
        "code",
        ["now = datetime.now(UTC)", "now = timezone.now()", "__all__ = ['one']", "fields = ['id']"],
    )
    def test_that_does_not_sin_is_left_alone(self, code: str) -> None:
        assert sins(ast.parse(code)) == []


def whole_row_saves(source: str) -> int:
    """How many rows a service writes whole, over what another may have changed in them."""
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "save"
        and not isinstance(node.func.value, ast.Call)
        and not {"update_fields", "force_insert"} & {keyword.arg for keyword in node.keywords}
        and not node.args
        for node in ast.walk(ast.parse(source))
    )


class TestServices:
    def test_write_the_columns_that_they_changed(self) -> None:
        files = [path for path in python_files("apps") if "services" in str(path)]

        assert files
        assert [shown(path) for path in files if whole_row_saves(path.read_text())] == []

    @pytest.mark.parametrize(
        ("line", "count"),
        [
            ("shipment.save()", 1),
            ("shipment.save(update_fields=['status'])", 0),
            ("order.save(force_insert=True)", 0),
        ],
    )
    def test_that_write_whole_rows_are_noticed(self, line: str, count: int) -> None:
        assert whole_row_saves(line) == count


def gerunds(names: Iterable[str]) -> list[str]:
    """The modules that are called after doing something: nobody finds what they are about."""
    return sorted(name for name in names if re.fullmatch(r"[a-z]+ing", name) and name not in NOUNS)


class TestTheNamesOfModules:
    def test_are_no_bare_gerunds(self) -> None:
        assert gerunds(path.stem for path in python_files("apps", "ecommerce")) == []

    def test_are_told_by_the_architecture(self) -> None:
        page = (ROOT / "ARCHITECTURE.md").read_text().partition("## Where things are")[2]
        told = re.findall(r"\w+", " ".join(re.findall(r"`(.+?)`", page.partition("\n## ")[0])))
        contracts = {one["id"]: one for one in pyproject()["tool"]["importlinter"]["contracts"]}
        names = re.findall(r"\w+", " ".join(contracts["vocabulary"]["layers"]))
        callers = {path.stem for path in (ROOT / "apps" / "api").glob("*.py")} - {"__init__"}

        assert len(names) > 20
        assert {*names, *callers} - set(told) == set()

    def test_that_are_are_noticed(self) -> None:
        assert gerunds(["paying", "payments", "shipping", "thing"]) == ["paying", "thing"]
