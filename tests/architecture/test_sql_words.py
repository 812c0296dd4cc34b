"""SQL of ours compares a column of choices with nothing but words that the column may hold.

A choice that gets another name is changed by every tool but in SQL, which goes on asking for the old one: an
invariant then finds a fault in each row, or in none.
"""

import re
from collections.abc import Iterator, Mapping

import pytest
from django.apps import apps

from apps.audit.selectors import list_invariants, list_retention
from apps.orders.types import Channel

_COMPARED = re.compile(r"\b(\w+)\s*(?:=|<>|!=)\s*'([^']*)'")
_AMONG = re.compile(r"\b(\w+)\s+(?:NOT\s+)?IN\s*\(('[^()]*')\)", re.IGNORECASE)


def known_words() -> Mapping[str, set[str]]:
    """What each column of choices may hold, by its name: of all tables that have one of that name."""
    words: dict[str, set[str]] = {"channel": set(Channel)}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.choices:
                words.setdefault(field.name, set()).update(str(one) for one, _ in field.flatchoices)
    return words


def statements() -> Iterator[tuple[str, str]]:
    """What invariants and retention ask, by what they are called."""
    yield from ((one.code, one.sql) for one in list_invariants())
    yield from ((one.model, one.expired + one.clear) for one in list_retention())


def unknown(sql: str, *, words: Mapping[str, set[str]]) -> list[str]:
    """The words of a statement that their column does not know."""
    compared = list(_COMPARED.findall(sql))
    for column, values in _AMONG.findall(sql):
        compared += [(column, value) for value in re.findall(r"'([^']*)'", values)]
    return [
        f"{column}: {value}"
        for column, value in compared
        if column in words and value not in words[column]
    ]


class TestWordsInSql:
    def test_are_those_of_their_columns(self) -> None:
        words = known_words()
        found = {name: wrong for name, sql in statements() if (wrong := unknown(sql, words=words))}

        assert found == {}

    @pytest.mark.parametrize(
        ("sql", "found"),
        [
            ("WHERE o.channel <> 'backfill'", ["channel: backfill"]),
            ("WHERE o.channel <> 'import' AND kind = 'sigh'", ["kind: sigh"]),
            ("WHERE state IN ('queued', 'sent', 'flown')", ["state: flown"]),
            ("WHERE mail.state NOT IN ('flown')", ["state: flown"]),
            ("WHERE unheard_of = 'sigh'", []),
        ],
    )
    def test_that_are_not_are_noticed(self, sql: str, found: list[str]) -> None:
        assert unknown(sql, words=known_words()) == found
