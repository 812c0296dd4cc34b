"""Which font draws which letter, and what is drawn where no font has it."""

import io
import time
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from apps.core.services import record_metric
from apps.core.types import Metric
from apps.invoicing import rules
from apps.invoicing.gateways.document_store import find_font

_FONTS = Path(__file__).parents[1] / "fonts"
_CJK = "WenQuanYiMicroHei.ttc"
# By the first word of its name in Unicode, the font that has a letter. They lie in the media bucket, because
# they are ten times the code's size and few documents need one (docs/invoices.md).
FONTS = {
    **{
        script.upper(): f"NotoSans{script}.ttf"
        for script in (
            "Arabic", "Armenian", "Bengali", "Devanagari", "Ethiopic", "Georgian", "Gujarati",
            "Gurmukhi", "Hebrew", "Kannada", "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya",
            "Sinhala", "Tamil", "Telugu", "Thai",
        )
    },
    **dict.fromkeys(
        ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC", "FULLWIDTH"),
        _CJK,
    ),
    "NEW": "NotoSansHebrew.ttf",  # the new sheqel sign
}  # fmt: skip
_RETRY_SECONDS = 60
_loaded: dict[str, Any] = {}
_asked: dict[str, float] = {}


class Run(msgspec.Struct, frozen=True):
    """Characters of one line, left to right, that one font draws."""

    font: str
    text: str


@cache
def register_fonts() -> None:
    """The two fonts of the house: Latin, Greek and Cyrillic."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    registerFont(TTFont("Text", str(_FONTS / "SourceSansPro-Regular.ttf")))
    registerFont(TTFont("Strong", str(_FONTS / "SourceSansPro-Semibold.ttf")))


def set_out(text: str, *, font: str, size: float, width: float) -> list[list[Run]]:
    """The lines of a text as they are drawn from left to right, joined and ordered as its script wants.

    Only text that runs from right to left is broken into lines here; the rest may be broken later.
    Scripts that need more than joining, and letters without a font, have their Latin form beside or
    in their place; the latter are put on record (metric LettersWithoutFont).
    """
    if _is_of_the_house(text, font=font):
        return [[Run(font, text)]]
    lines = [text]
    if rules.runs_backwards(text):
        lines = _broken(text, font=font, size=size, width=width)
    elif rules.needs_latin_form(text):
        lines = [f"{text} ({rules.latin_form(text)})"]
    ordered = [rules.in_visual_order(rules.joined(line), paragraph=text) for line in lines]
    drawn = [_runs(line, font=font) for line in ordered]
    missing = sum(not run.font for line in drawn for run in line)
    if missing:
        record_metric(Metric.LETTERS_WITHOUT_FONT, value=missing)
    return [[Run(run.font or font, run.text) for run in line] for line in drawn]


def lacks_letters(text: str) -> bool:
    """Whether some letter of a text is in no font that can be had now."""
    register_fonts()
    printed = {one for one in text if one.isprintable()}
    return any(not _font_of(one, font="Text") for one in printed)


def _is_of_the_house(text: str, *, font: str) -> bool:
    from reportlab.pdfbase.pdfmetrics import getFont

    known = getFont(font).face.charToGlyph
    return all(ord(one) in known for one in text)


def _broken(text: str, *, font: str, size: float, width: float) -> list[str]:
    """Lines of whole words that fit, in the order in which they are read."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        runs = _runs(rules.joined(longer), font=font)
        taken = sum(stringWidth(run.text, run.font or font, size) for run in runs)
        if taken > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _runs(text: str, *, font: str) -> list[Run]:
    """The text by font; a run without a font is the Latin form of a letter that no font has."""
    runs: list[Run] = []
    for one in text:
        chosen = _font_of(one, font=font)
        shown = one if chosen else rules.latin_letter(one)
        if runs and chosen and runs[-1].font == chosen:
            runs[-1] = Run(chosen, runs[-1].text + shown)
        else:
            runs.append(Run(chosen, shown))
    return runs


def _font_of(letter: str, *, font: str) -> str:
    """The font that has a letter; empty where none has."""
    from reportlab.pdfbase.pdfmetrics import getFont

    if ord(letter) in getFont(font).face.charToGlyph or letter in rules.JOINERS:
        return font
    file = FONTS.get(rules.script_of(letter), "")
    found = _load(file) if file else None
    return file if found and ord(letter) in found.face.charToGlyph else ""


def _load(file: str) -> Any:
    """A font of the bucket, read once by a process that draws a letter of it; None if it is not there."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    if (
        file not in _loaded
        and _asked.get(file, -_RETRY_SECONDS) + _RETRY_SECONDS <= time.monotonic()
    ):
        _asked[file] = time.monotonic()
        if content := find_font(file):
            _loaded[file] = TTFont(file, io.BytesIO(content))
            registerFont(_loaded[file])
    return _loaded.get(file)


def forget_fonts() -> None:
    """Look for the fonts anew."""
    _loaded.clear()
    _asked.clear()
