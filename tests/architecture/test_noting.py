"""What staff decide on a page of its own is noted in the history of what it is about."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import python_files, shown, tree_of

# Actions that decide nothing, and why.
SILENT = {
    "give_back": "leads to the page where refunds are granted",
}


def actions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The methods that Unfold's `action` makes a button with a page."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "action"
            for one in node.decorator_list
        ):
            yield node


def notes(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "note" for node in ast.walk(function)
    )


class TestActions:
    @pytest.mark.parametrize(
        "path", [one for one in python_files("apps") if "admin" in str(one)], ids=shown
    )
    def test_note_what_was_decided(self, path) -> None:
        silent = [one.name for one in actions(tree_of(path)) if not notes(one)]

        assert set(silent) <= SILENT.keys()

    def test_that_are_silent_are_noticed(self) -> None:
        tree = ast.parse("@action(description=1)\ndef redrive(self):\n    return 1\n")

        assert [notes(one) for one in actions(tree)] == [False]
