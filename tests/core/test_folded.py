"""The form in which words are compared is the same in Python and in PostgreSQL."""

import pytest
from django.db import connection

from apps.core.rules import folded

# Latin, Greek, Cyrillic, Armenian, Georgian, marks, signs, ligatures, wide letters and kana.
RANGES = (
    (0x20, 0x58F), (0x10A0, 0x10FF), (0x1E00, 0x20CF), (0x2100, 0x218F),
    (0x3040, 0x30FF), (0xFB00, 0xFB06), (0xFF01, 0xFF9F),
)  # fmt: skip
LETTERS = [chr(code) for first, last in RANGES for code in range(first, last + 1)]


def folded_by_postgresql(texts: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT folded(one) FROM unnest(%s) WITH ORDINALITY AS _ (one, place)", [texts]
        )
        return [one for (one,) in cursor.fetchall()]


@pytest.mark.django_db
def test_is_the_same_on_both_sides() -> None:
    theirs = folded_by_postgresql(LETTERS)

    differences = [
        (one, folded(one), other)
        for one, other in zip(LETTERS, theirs, strict=True)
        if folded(one) != other
    ]
    assert differences == []


@pytest.mark.parametrize(
    "spellings",
    [
        ("Größe", "GRÖSSE", "gro\u0308ße", "grosse"),
        ("ΟΔΟΣ", "οδος", "οδός"),
        ("ﬁne", "FINE", "f\u00adine", "\u200bfine"),
        ("Ａｂ１", "ab1"),
        ("İstanbul", "istanbul"),
    ],
)
def test_makes_one_of_all_spellings(spellings: tuple[str, ...]) -> None:
    assert len({folded(one) for one in spellings}) == 1
