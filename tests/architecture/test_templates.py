"""Templates can be read, and a difference shows what changed: no line is longer than a window is wide."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, shown

MOST = 160
FOLDERS = ("apps", "examples", "templates", "tests")


def templates() -> Iterator[Path]:
    """Every template: those of the apps, of the add-on, of the owner and of the tests; pages and mails."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".html", ".txt"} and "templates" in path.relative_to(ROOT).parts:
                yield path


def too_long(*, name: str, source: str) -> list[str]:
    """The lines of a template that are longer than they may be."""
    return [
        f"{name}:{number}: {len(line)} characters"
        for number, line in enumerate(source.splitlines(), start=1)
        if len(line) > MOST
    ]


def hard_named(source: str) -> list[str]:
    """The ways to pay in a piece of the checkout that do not bear the name of the provider's entry."""
    ways = [one for one in re.findall(r"<input[^>]*>", source) if 'name="payment_method"' in one]
    return [one for one in ways if 'value="{{ provider }}' not in one] if ways else ["none at all"]


class TestTemplates:
    def test_have_no_long_lines(self) -> None:
        paths = list(templates())
        complaints = [
            complaint
            for path in paths
            for complaint in too_long(name=shown(path), source=path.read_text())
        ]

        assert len(paths) > 120
        assert {path.relative_to(ROOT).parts[0] for path in paths} == set(FOLDERS)
        assert complaints == []

    @pytest.mark.parametrize(("length", "complaints"), [(MOST, 0), (MOST + 1, 1)])
    def test_a_long_line_is_noticed(self, length: int, complaints: int) -> None:
        source = "<p>\n" + "—" * length + "\n</p>\n"

        found = too_long(name="a.html", source=source)

        assert found == [f"a.html:2: {length} characters"] * complaints


class TestPiecesOfTheCheckout:
    def test_bear_the_name_that_the_settings_give_their_provider(self) -> None:
        pieces = [path for path in templates() if path.name == "option.html"]

        assert {path.parent.name for path in pieces} >= {
            "account",
            "acme",
            "fake",
            "stripe",
            "voucher",
        }
        assert [shown(path) for path in pieces if hard_named(path.read_text())] == []

    @pytest.mark.parametrize(
        "source", ['<input name="payment_method" value="voucher">', '<input name="voucher">']
    )
    def test_with_another_name_are_noticed(self, source: str) -> None:
        assert len(hard_named(source)) == 1
