"""What staff decide on a page of its own is noted in the history of what it is about."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import python_files, shown, tree_of

# Actions that decide nothing, and why.
SILENT = {
    "give_back": "leads to the page where refunds are granted",
    "upload": "begins a job, which says who began it and what became of each line",
}


def actions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The methods that Unfold's `action` makes a button with a page."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "action"
            for one in node.decorator_list
        ):
            yield node


def notes(function: ast.FunctionDef, *, tree: ast.Module) -> bool:
    """Whether it notes what was decided, itself or by a method of its module that it calls."""
    called = _attributes(function)
    helpers = {
        one.name
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef)
        and one.name.startswith("_")
        and "note" in _attributes(one)
    }
    return bool(called & {"note", *helpers})


def _attributes(function: ast.FunctionDef) -> set[str]:
    return {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}


class TestActions:
    @pytest.mark.parametrize(
        "path", [one for one in python_files("apps") if "admin" in str(one)], ids=shown
    )
    def test_note_what_was_decided(self, path) -> None:
        tree = tree_of(path)
        silent = [one.name for one in actions(tree) if not notes(one, tree=tree)]

        assert set(silent) <= SILENT.keys()

    def test_that_are_silent_are_noticed(self) -> None:
        tree = ast.parse("@action(description=1)\ndef redrive(self):\n    return 1\n")

        assert [notes(one, tree=tree) for one in actions(tree)] == [False]
