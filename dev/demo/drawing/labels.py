"""How a name is set on a pack: paper labels, prints, roundels, trade blocks and swing tags."""

from collections.abc import Sequence
from dataclasses import dataclass

from dev.demo.drawing.colours import KRAFT, SALT, SHADE, Palette, is_dark, mix, shift
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import Pen, fitting_size, rounded, text_width

BRAND_LINES = {
    "alder-and-brine": "ALDER & BRINE",
    "fleet-linen": "FLEET LINEN",
    "longshore": "LONGSHORE",
    "dockside-trade": "DOCKSIDE TRADE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What stands on a pack."""

    brand: str
    lines: Sequence[str]
    number: str
    motif: str


@dataclass(frozen=True, slots=True)
class Area:
    """Where on a pack a label goes: its centre line, top, width and height."""

    x: float
    top: float
    width: float
    height: float

    @property
    def low(self) -> float:
        return self.top + self.height

    @property
    def left(self) -> float:
        return self.x - self.width / 2


def set_name(
    pen: Pen,
    lines: Sequence[str],
    *,
    x: float,
    middle: float,
    width: float,
    largest: float,
    colour: str,
    face: str = "serif",
) -> float:
    """The lines of a name around the height `middle`; returns the size they are set in."""
    size = fitting_size(lines, width, largest=largest, face=face)
    step = size * 1.04
    first = middle - step * (len(lines) - 1) / 2 + size * 0.34
    for number, line in enumerate(lines):
        pen.text(line, (x, first + number * step), size, colour, face=face)
    return size


def small_caps(
    pen: Pen, words: str, *, x: float, y: float, width: float, colour: str, largest: float = 19
) -> None:
    """A letter-spaced line that keeps inside the width."""
    size = min(largest, largest * width / text_width(words, largest, "bold", largest * 0.16))
    pen.text(words, (x, y), size, colour, face="bold", spacing=size * 0.16)


def sheen(pen: Pen, area: Area, *, strength: float = 1) -> None:
    """The light of the body underneath, falling on the label as well."""
    stops = [
        (0, SHADE, 0.2 * strength),
        (0.14, SHADE, 0.03 * strength),
        (0.28, "#FFFFFF", 0.2 * strength),
        (0.5, "#FFFFFF", 0),
        (0.8, SHADE, 0.08 * strength),
        (1, SHADE, 0.26 * strength),
    ]
    pen.rect((area.left, area.top, area.width, area.height), pen.linear(stops), corner=6)


def paper(pen: Pen, area: Area, words: Wording, palette: Palette) -> None:
    """A salt-white paper label: brand, motif, name, number."""
    pen.rect((area.left, area.top, area.width, area.height), SALT, corner=6)
    inner = area.width - 26
    pen.rect(
        (area.x - inner / 2, area.top + 13, inner, area.height - 26),
        "none",
        corner=3,
        stroke=palette.deep,
        stroke_width=1.6,
        stroke_opacity=0.55,
    )
    small_caps(
        pen,
        BRAND_LINES[words.brand],
        x=area.x,
        y=area.top + 46,
        width=inner - 36,
        colour=palette.deep,
    )
    motif = min(area.height * 0.25, area.width * 0.42)
    draw_motif(pen, words.motif, (area.x, area.top + 62 + motif * 0.56), size=motif)
    top, low = area.top + 62 + motif * 1.1, area.low - 60
    name_in(pen, words, area, top=top, low=low, width=inner - 26, colour=palette.deep)
    pen.rect((area.x - 20, area.low - 50, 40, 2.5), palette.accent)
    pen.text(words.number, (area.x, area.low - 25), 16, palette.deep, face="bold", spacing=1.5)
    sheen(pen, area)


def name_in(
    pen: Pen, words: Wording, area: Area, *, top: float, low: float, width: float, colour: str
) -> None:
    largest = min(64, (low - top) / (len(words.lines) * 1.04))
    set_name(
        pen,
        words.lines,
        x=area.x,
        middle=(top + low) / 2,
        width=width,
        largest=largest,
        colour=colour,
    )


def block(pen: Pen, area: Area, words: Wording, palette: Palette) -> None:
    """A label in two fields: the motif on colour above, the name on paper below."""
    split = area.top + area.height * 0.42
    field = palette.accent if not is_dark(palette.accent) else mix(palette.accent, "#FFFFFF", 0.72)
    field = mix(field, "#FFFFFF", 0.25)
    pen.rect((area.left, area.top, area.width, area.height), SALT, corner=6)
    pen.path(
        rounded(
            [
                (area.left, area.top, 6),
                (area.left + area.width, area.top, 6),
                (area.left + area.width, split, 0),
                (area.left, split, 0),
            ]
        ),
        field,
    )
    radius = min(area.height * 0.16, area.width * 0.27)
    pen.disc(area.x, (area.top + split) / 2, radius, SALT)
    draw_motif(pen, words.motif, (area.x, (area.top + split) / 2), size=radius * 1.4)
    name_in(
        pen,
        words,
        area,
        top=split + 14,
        low=area.low - 44,
        width=area.width - 36,
        colour=palette.deep,
    )
    small_caps(
        pen,
        BRAND_LINES[words.brand],
        x=area.x,
        y=area.low - 20,
        width=area.width - 48,
        colour=palette.accent if is_dark(palette.accent) else palette.deep,
        largest=16,
    )
    sheen(pen, area)


def arch(pen: Pen, area: Area, words: Wording, palette: Palette) -> None:
    """A paper label with a round head, in the manner of an apothecary's."""
    round_ = area.width / 2
    pen.path(
        rounded(
            [
                (area.left, area.top, round_),
                (area.left + area.width, area.top, round_),
                (area.left + area.width, area.low, 8),
                (area.left, area.low, 8),
            ]
        ),
        SALT,
    )
    inset = 12
    pen.path(
        rounded(
            [
                (area.left + inset, area.top + inset, round_ - inset),
                (area.left + area.width - inset, area.top + inset, round_ - inset),
                (area.left + area.width - inset, area.low - inset, 4),
                (area.left + inset, area.low - inset, 4),
            ]
        ),
        "none",
        stroke=palette.accent,
        stroke_width=2,
    )
    motif = min(area.width * 0.36, area.height * 0.27)
    draw_motif(pen, words.motif, (area.x, area.top + 34 + motif * 0.52), size=motif)
    top = area.top + 48 + motif
    name_in(
        pen, words, area, top=top, low=area.low - 54, width=area.width - 48, colour=palette.deep
    )
    small_caps(
        pen,
        BRAND_LINES[words.brand],
        x=area.x,
        y=area.low - 30,
        width=area.width - 56,
        colour=palette.deep,
        largest=16,
    )


def printed(pen: Pen, area: Area, words: Wording, palette: Palette, *, on: str) -> None:
    """Letters straight on the body, without any label."""
    ink = SALT if is_dark(on) else palette.deep
    small_caps(
        pen, BRAND_LINES[words.brand], x=area.x, y=area.top + 24, width=area.width - 20, colour=ink
    )
    pen.rect((area.x - 24, area.top + 40, 48, 2.5), ink, fill_opacity=0.7)
    motif = min(area.height * 0.28, area.width * 0.46)
    draw_motif(pen, words.motif, (area.x, area.low - motif * 0.56), size=motif)
    name_in(
        pen,
        words,
        area,
        top=area.top + 52,
        low=area.low - motif - 26,
        width=area.width - 16,
        colour=ink,
    )


def roundel(pen: Pen, area: Area, words: Wording, palette: Palette) -> None:
    """The round label of the laundry line."""
    radius = min(area.width, area.height) / 2
    x, y = area.x, area.top + area.height / 2
    pen.disc(x, y, radius, SALT)
    pen.disc(x, y, radius - 9, "none", stroke=palette.accent, stroke_width=3)
    motif = radius * 0.5
    draw_motif(pen, words.motif, (x, y - radius * 0.5), size=motif)
    name_in(
        pen,
        words,
        area,
        top=y - radius * 0.2,
        low=y + radius * 0.48,
        width=radius * 1.5,
        colour=palette.deep,
    )
    small_caps(
        pen,
        BRAND_LINES[words.brand],
        x=x,
        y=y + radius * 0.7,
        width=radius * 1.0,
        colour=palette.accent,
        largest=15,
    )


def trade(pen: Pen, area: Area, words: Wording, palette: Palette) -> None:
    """The loud label of the trade line: a number, heavy letters, a slanted stripe."""
    pen.rect((area.left, area.top, area.width, area.height), palette.accent, corner=8)
    left, right = area.left, area.left + area.width
    cut = area.top + area.height * 0.36
    pen.path(
        rounded(
            [(left, area.top, 8), (right, area.top, 8), (right, cut - 22, 0), (left, cut + 22, 0)]
        ),
        palette.deep,
    )
    pen.text(
        words.number[-2:],
        (left + 22, area.top + area.height * 0.27),
        area.height * 0.25,
        palette.accent,
        face="bold",
        anchor="start",
    )
    draw_motif(
        pen,
        words.motif,
        (right - area.height * 0.17, area.top + area.height * 0.17),
        size=area.height * 0.2,
    )
    largest = min(66, area.height * 0.4 / len(words.lines))
    set_name(
        pen,
        words.lines,
        x=area.x,
        middle=area.top + area.height * 0.645,
        face="bold",
        width=area.width - 40,
        largest=largest,
        colour=palette.deep,
    )
    small_caps(
        pen,
        BRAND_LINES[words.brand],
        x=area.x,
        y=area.low - 22,
        width=area.width - 50,
        colour=palette.deep,
        largest=17,
    )
    sheen(pen, area, strength=0.7)


def put_label(
    pen: Pen, area: Area, words: Wording, palette: Palette, *, on: str, seed: int
) -> None:
    """The label that suits the brand and the body, chosen by `seed` where several do."""
    if words.brand == "dockside-trade":
        trade(pen, area, words, palette)
    elif words.brand == "fleet-linen" and area.width > 230 and area.height > 230:
        roundel(pen, area, words, palette)
    elif is_dark(on) and seed % 3 == 0:
        printed(pen, area, words, palette, on=on)
    else:
        (paper, block, arch)[seed % 3](pen, area, words, palette)


def swing_tag(
    pen: Pen, words: Wording, palette: Palette, *, at: tuple[float, float], turn: float = 8
) -> None:
    """A kraft tag hung from a cord at `at`."""
    with pen.moved(*at, turn=turn):
        pen.line("M0 0C-14 22 -8 40 0 56M0 0C14 20 10 40 0 56", shift(palette.accent, -0.1), 3)
        corners = [
            (-46, 34, 14),
            (46, 34, 14),
            (82, 74, 12),
            (82, 262, 12),
            (-82, 262, 12),
            (-82, 74, 12),
        ]
        pen.path(rounded([(x + 7, y + 9, r) for x, y, r in corners]), SHADE, fill_opacity=0.16)
        pen.path(rounded(corners), pen.linear([(0, shift(KRAFT, 0.2)), (1, KRAFT)], down=True))
        pen.disc(0, 58, 10, shift(KRAFT, -0.4))
        pen.disc(0, 58, 5, palette.wall_low)
        small_caps(
            pen, BRAND_LINES[words.brand], x=0, y=100, width=130, colour=palette.deep, largest=17
        )
        pen.rect((-18, 112, 36, 2.5), palette.deep)
        set_name(pen, words.lines, x=0, middle=162, width=136, largest=38, colour=palette.deep)
        draw_motif(pen, words.motif, (0, 226), size=46)
