"""Numbers of documents, how their taxes add up, and how scripts other than Latin are written on them."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from functools import cache

from apps.core.rules import round_money
from apps.core.types import Money
from apps.invoicing.types import DocumentKind, DocumentLine, TaxLine

_PREFIXES = {DocumentKind.INVOICE: "INV", DocumentKind.CREDIT_NOTE: "CRN"}


def series_of(*, kind: DocumentKind, year: int) -> str:
    """The series in which documents of a kind are numbered in a year, from 1 and without gaps.

    Source: Directive 2006/112/EC, Art. 226(2): "a sequential number, based on one or more series,
    which uniquely identifies the invoice".
    """
    return f"{_PREFIXES[kind]}-{year}"


def label_of(*, series: str, number: int) -> str:
    """The number as it is printed."""
    return f"{series}-{number:06d}"


def tax_lines(lines: Iterable[DocumentLine]) -> tuple[TaxLine, ...]:
    """The taxable amount and the tax per rate, highest rate first.

    Source: Directive 2006/112/EC, Art. 226(8) to (10).
    """
    net: dict[str, int] = defaultdict(int)
    tax: dict[str, int] = defaultdict(int)
    for line in lines:
        net[line.rate] += line.total_minor - line.tax_minor
        tax[line.rate] += line.tax_minor
    rates = sorted(net, key=Decimal, reverse=True)
    return tuple(TaxLine(rate=one, net_minor=net[one], tax_minor=tax[one]) for one in rates)


def rate_text(rate: Decimal) -> str:
    """A rate as it is kept and compared: 0.2, not 0.20000."""
    return f"{rate.normalize():f}"


def nearest_rate(*, net_minor: int, tax_minor: int, known: Collection[Decimal]) -> Decimal:
    """The known rate that explains a tax best; without known ones, the tax over the net amount.

    For the shipping of orders that did not keep its rate: it was mostly one of those of their lines.
    """
    if not tax_minor or not net_minor:
        return Decimal(0)
    exact = Decimal(tax_minor) / Decimal(net_minor)
    if not known:
        return exact.quantize(Decimal("0.001"))
    return min(known, key=lambda rate: abs(rate - exact))


def tax_in(*, total_minor: int, rate: Decimal, currency: str) -> int:
    """The tax that an amount contains, in minor units, rounded once; the rate is a fraction."""
    total = Money(total_minor, currency).amount
    return round_money(amount=total * rate / (1 + rate), currency=currency).minor


# They say whether the letters beside them join, and are themselves not drawn.
JOINERS = frozenset("\u200c\u200d")
_JOINING = frozenset("\u0640\u200d")
_LAM = "\u0644"
# Scripts whose letters change places and grow together as no font alone can say.
_SHAPED = frozenset(
    ("BENGALI", "DEVANAGARI", "GUJARATI", "GURMUKHI", "KANNADA", "KHMER", "MALAYALAM", "MYANMAR",
     "ORIYA", "SINHALA", "TAMIL", "TELUGU")
)  # fmt: skip
# Scripts whose letters have names that begin with their sound.
_NAMED_LETTERS = frozenset(("ARABIC", "ARMENIAN", "GEORGIAN", "HEBREW"))


def script_of(letter: str) -> str:
    """The first word of a letter's name in Unicode, which is its script."""
    return re.split("[ -]", unicodedata.name(letter, "").removeprefix("EXTENDED "))[0]


def runs_backwards(text: str) -> bool:
    """Whether some of a text runs from right to left."""
    return any(unicodedata.bidirectional(one) in {"R", "AL"} for one in text)


def needs_latin_form(text: str) -> bool:
    """Whether a text is readable only where its script is shaped, which this paper does not do."""
    return any(script_of(one) in _SHAPED for one in text)


def joined(text: str) -> str:
    """Arabic letters in the forms that they have beside one another (The Unicode Standard, 9.2)."""
    written = re.findall(f"{_LAM}[\u0622\u0623\u0625\u0627]|.", text)
    letters = [at for at, one in enumerate(written) if unicodedata.category(one[0]) != "Mn"]
    names = [written[at] for at in letters]
    for at, before, own, after in zip(letters, ["", *names], names, [*names[1:], ""], strict=False):
        to_last = _joins(before, "initial") and _joins(own, "final")
        to_next = _joins(own, "initial") and _joins(after, "final")
        side = ("isolated", "initial", "final", "medial")[2 * to_last + to_next]
        written[at] = _forms().get(own, {}).get(side, own)
    return "".join(one for one in written if one not in JOINERS)


def _joins(letter: str, side: str) -> bool:
    return letter in _JOINING or side in _forms().get(letter, {})


@cache
def _forms() -> dict[str, dict[str, str]]:
    """The presentation forms of Arabic letters: isolated, final, initial, medial."""
    forms: dict[str, dict[str, str]] = defaultdict(dict)
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)):
        kind, *of = unicodedata.decomposition(chr(code)).split(" ")
        letters = "".join(chr(int(one, 16)) for one in of)
        is_alef = len(letters) == 2 and letters[0] == _LAM and code >= 0xFEF5
        if (len(letters) == 1 or is_alef) and kind.startswith("<"):
            forms[letters].setdefault(kind[1:-1], chr(code))
    return dict(forms)


def in_visual_order(text: str, *, paragraph: str = "") -> str:
    """A line of a paragraph from left to right as it is drawn: the core of the Unicode Bidirectional Algorithm.

    Source: Unicode Standard Annex 9, rules P2, W1 to W7, N1, N2, I1, I2, L2 to L4, without explicit
    directions, which names have none of.
    """
    clusters = re.findall(r".[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]*", text)
    kinds = [unicodedata.bidirectional(one[0]) for one in clusters]
    strong = (unicodedata.bidirectional(one) for one in paragraph or text)
    side = next(("L" if kind == "L" else "R" for kind in strong if kind in {"L", "R", "AL"}), "L")
    levels = _levels(kinds, side=side)
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(levels):
            end = start
            while end < len(levels) and levels[end] >= level:
                end += 1
            clusters[start:end] = reversed(clusters[start:end])
            levels[start:end] = reversed(levels[start:end])
            start = max(end, start + 1)
    drawn = zip(clusters, levels, strict=True)
    return "".join(_MIRRORED.get(one, one) if level % 2 else one for one, level in drawn)


_MIRRORED = dict(zip("()[]{}<>«»", ")(][}{><»«", strict=True))


def _levels(kinds: list[str], *, side: str) -> list[int]:
    """How deeply each character is nested; before and after the line stands the paragraph's own side."""
    strong: list[str] = []
    last = side
    for kind in kinds:
        if kind in {"R", "AL", "L"}:
            last = "L" if kind == "L" else "R"
            strong.append(last)
        elif kind in {"EN", "AN"}:
            strong.append("N" if last == "R" or kind == "AN" else "L")
        else:
            strong.append("")
    before = side
    for at, own in enumerate(strong):
        if not own:
            after = next(one for one in (*strong[at:], side) if one)
            sides = {"R" if one == "N" else one for one in (before, after)}
            strong[at] = sides.pop() if len(sides) == 1 else side
        before = strong[at]
    levels = {"R": 1, "L": 2, "N": 2} if side == "R" else {"L": 0, "R": 1, "N": 2}
    return [levels[kind] for kind in strong]


def latin_form(text: str) -> str:
    """A text in Latin letters, after the names that Unicode gives its letters."""
    written = ""
    for one in text:
        name = unicodedata.name(one, "")
        if written.endswith("a") and (" SIGN VIRAMA" in name or " VOWEL SIGN " in name):
            written = written[:-1]
        written += "" if " SIGN VIRAMA" in name else latin_letter(one)
    return written


def latin_letter(letter: str) -> str:
    """What stands for a letter that cannot be drawn: its sound where its name tells it, else its number."""
    name = unicodedata.name(letter, "")
    if letter.isascii() or name.startswith("LATIN"):
        return letter
    if found := re.search(r"^(?:THAI|LAO) CHARACTER (?:SARA ([A-Z]+)|([A-Z]+?)O?\b)", name):
        return (found[1] or found[2]).lower()
    found = re.search(r" (?:LETTER|SYLLABLE|VOWEL SIGN) (?:FINAL |SMALL |CAPITAL )*([A-Z]+)", name)
    if found is None:
        return f"[U+{ord(letter):04X}]"
    sound = found[1].lower()
    if script_of(letter) in _NAMED_LETTERS:
        (sound,) = re.findall(r"^(?:sh|ch|th|kh|gh|ts|dz|zh|ph|.)", sound)
    return sound
