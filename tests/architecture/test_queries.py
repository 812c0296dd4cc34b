"""Whatever is put into the query of an address is encoded there: a SKU may be `A+B&C`, an address `a+b@example.com`."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, python_files, shown, tree_of

_BEGINS_A_VALUE = re.compile(r"[?&][\w-]+=$")
_BARE_VALUE = re.compile(r"[?&][\w-]+=\{\{(?![^}]*\|urlencode)[^}]*\}\}")
_FORMATTED = re.compile(r"[?&][\w-]+=(\{\w*\}|%s)")


def bare_values(tree: ast.Module) -> list[str]:
    """Where a module puts a value into a query as it is; `reverse(…, query=…)` and `urlencode` encode it."""
    return [
        f"line {getattr(node, 'lineno', '?')}"
        for node in ast.walk(tree)
        if _puts_a_bare_value(node)
    ]


def _puts_a_bare_value(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(
            isinstance(before, ast.Constant) and _BEGINS_A_VALUE.search(str(before.value))
            for before, after in zip(node.values, node.values[1:], strict=False)
            if isinstance(after, ast.FormattedValue)
        )
    return isinstance(node, ast.Constant) and bool(_FORMATTED.search(str(node.value)))


@pytest.mark.parametrize("path", [*python_files("apps", "ecommerce")], ids=shown)
def test_code_encodes_it(path: Path) -> None:
    assert bare_values(tree_of(path)) == []


def test_templates_encode_it() -> None:
    pages = [page for top in ("apps", "templates") for page in (ROOT / top).rglob("*.html")]

    assert pages
    assert {
        page.name: found for page in pages if (found := _BARE_VALUE.findall(page.read_text()))
    } == {}


@pytest.mark.control
@pytest.mark.parametrize(
    "line",
    ['f"{page}?sku={sku}"', 'f"{page}?a=1&b={b}"', '"{}?q={}".format(a, b)', '"/x?q=%s" % q'],
)
def test_a_value_as_it_is_would_be_found(line: str) -> None:
    assert bare_values(ast.parse(line)) == ["line 1"]


@pytest.mark.control
def test_a_value_as_it_is_would_be_found_in_a_template() -> None:
    assert _BARE_VALUE.findall('<a href="/p/?sku={{ item.sku }}">')
    assert not _BARE_VALUE.findall('<a href="/p/?sku={{ item.sku|urlencode:"" }}">')
