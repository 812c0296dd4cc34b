"""No app names one that stands above or beside it in a string either: a URL name, an event, a table, a template.

The linter sees imports. A name in a string binds as much: take the upper app away, and the lower one breaks.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps as registry

from apps.accounts.models import Scope
from tests.architecture.source import ROOT

APPS = ROOT / "apps"
# What an API key may do is named after what it touches, not after an app.
SCOPES = set(Scope.values)
TABLES = {model._meta.db_table for model in registry.get_models()}
# Columns that are called like another app's table: an order has a `shipping_method`.
COLUMNS = {
    field.attname for model in registry.get_models() for field in model._meta.concrete_fields
}


def tiers() -> list[frozenset[str]]:
    """The apps of each line of the contract, from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (one["layers"] for one in contracts if one["id"] == "layers")
    return [frozenset(re.findall(r"apps\.(\w+)", line)) for line in layers]


def above(app: str) -> frozenset[str]:
    """The apps that an app must not know: those of the lines above its own, and its neighbours."""
    found: set[str] = set()
    for line in tiers():
        found |= line
        if app in line:
            return frozenset(found - {app})
    raise LookupError(app)


def named_in(text: str, *, apps: frozenset[str]) -> set[str]:
    """Which of the apps a string names, as a URL, an event, a task, a right, a table or a template does."""
    names = "|".join(sorted(apps))
    tables = "|".join(sorted(TABLES - COLUMNS))
    patterns = (
        rf"\badmin:({names})_\w+",
        rf"(?:^|[\"'])({names}):[a-z][\w-]+(?:[\"']|$)",
        rf"\b({names})\.[a-z]+\.[a-z_]+\.v\d",
        rf"^({names})\.[A-Z]\w+$",
        # A task, a job's work, a right; and a queue of dead letters.
        rf"^({names})\.[a-z]+(?:_[a-z]+)*$",
        rf"\b({names})-dlq\b",
        rf"\b({names})/[\w/]+\.(?:html|txt|css|js)\b",
        rf"\b(?=(?:{tables})\b)({names})_",
        rf"\b(?:FROM|JOIN|INTO|UPDATE|TABLE) ({names})_",
    )
    found = {match[1] for one in patterns for match in re.finditer(one, text)}
    return found if text not in SCOPES else set()


def strings_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a module but its documentation, or a whole template; each with its line."""
    if path.suffix != ".py":
        yield 1, path.read_text()
        return
    tree = ast.parse(path.read_text())
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
        ):
            yield node.lineno, node.value


def climbs() -> list[str]:
    """Each place in which an app names one that it must not know."""
    found = []
    for path in sorted([*APPS.rglob("*.py"), *APPS.rglob("templates/**/*.*")]):
        app = path.relative_to(APPS).parts[0]
        if "migrations" in path.parts or path.parent == APPS:
            continue
        for line, text in strings_of(path):
            found += [
                f"{path.relative_to(ROOT)}:{line} names {other}"
                for other in sorted(named_in(text, apps=above(app)))
            ]
    return found


class TestStrings:
    def test_name_no_app_above(self) -> None:
        assert climbs() == []

    @pytest.mark.parametrize(
        "text",
        [
            "admin:orders_order_change",
            "orders:show",
            "orders.order.paid.v1",
            "orders.process_order",
            "queue <> 'orders-dlq'",
            "SELECT id FROM orders_order",
            "orders.Order",
            "orders_order",
            "orders/order.html",
            '{% url "orders:show" order.pk %}',
        ],
    )
    def test_that_name_one_are_noticed(self, text: str) -> None:
        assert named_in(text, apps=frozenset({"orders", "refunds"})) == {"orders"}

    @pytest.mark.parametrize(
        "text", ["many orders", "orders", "reorders.x", "the orders: all", "api"]
    )
    def test_that_only_sound_alike_are_let_be(self, text: str) -> None:
        assert named_in(text, apps=frozenset({"orders", "refunds"})) == set()

    def test_are_looked_for_in_the_order_of_the_contract(self) -> None:
        assert {"storefront", "orders"} <= above("payments")
        assert "payments" in above("inventory")
        assert "events" not in above("payments")
