"""Collects the marks of one drawing and the gradients they use, and writes them out as SVG."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from math import hypot
from pathlib import Path

from PIL import ImageFont

from dev.demo.drawing.colours import SHADE, shift

FONTS = Path(__file__).parents[1] / "fonts"
FACES = {
    "serif": ("Fraunces", 600, "Fraunces-SemiBold.ttf"),
    "sans": ("Figtree", 500, "Figtree-Medium.ttf"),
    "bold": ("Figtree", 700, "Figtree-Bold.ttf"),
}
Stop = tuple[float, str] | tuple[float, str, float]
Corner = tuple[float, float, float]

MATTE = ((0, -0.24), (0.1, -0.08), (0.28, 0.16), (0.46, 0.02), (0.78, -0.13), (0.94, -0.28))
GLOSSY = ((0, -0.3), (0.07, -0.1), (0.16, 0.3), (0.26, 0.06), (0.7, -0.1), (0.9, -0.34), (1, -0.14))
METAL = (
    (0, -0.42),
    (0.09, 0.1),
    (0.2, -0.18),
    (0.34, 0.55),
    (0.46, 0.1),
    (0.74, -0.34),
    (0.9, 0.1),
)


class Pen:
    """Draws in paint order; every method adds marks on top of those before it."""

    def __init__(self, *, prefix: str = "d") -> None:
        self.prefix = prefix
        self.marks: list[str] = []
        self.defs: dict[str, str] = {}

    def add(self, *marks: str) -> None:
        self.marks.extend(marks)

    def define(self, body: str) -> str:
        """A reference to a definition, written once however often it is asked for."""
        if body not in self.defs:
            self.defs[body] = f"{self.prefix}{len(self.defs)}"
        return f"url(#{self.defs[body]})"

    def linear(self, stops: Sequence[Stop], *, down: bool = False) -> str:
        axis = 'x1="0" y1="0" x2="0" y2="1"' if down else 'x1="0" y1="0" x2="1" y2="0"'
        return self.define(f"<linearGradient ID {axis}>{write_stops(stops)}</linearGradient>")

    def radial(self, stops: Sequence[Stop], *, at: tuple[float, float] = (0.5, 0.5)) -> str:
        place = f'cx="{at[0]}" cy="{at[1]}" r="0.75"' if at != (0.5, 0.5) else 'r="0.5"'
        return self.define(f"<radialGradient ID {place}>{write_stops(stops)}</radialGradient>")

    def round(self, colour: str, ramp: Sequence[tuple[float, float]] = MATTE) -> str:
        """A fill that makes a flat outline look turned, lit from the left."""
        return self.linear([(at, shift(colour, amount)) for at, amount in ramp])

    def round_span(self, colour: str, outline: str) -> str:
        """Like a glossy `round`, spread over the width of `outline` wherever it is used."""
        points = [float(value) for value in re.findall(r"-?[0-9.]+", outline)[::2]]
        axis = f'gradientUnits="userSpaceOnUse" x1="{min(points)}" x2="{max(points)}"'
        stops = write_stops([(at, shift(colour, amount)) for at, amount in GLOSSY])
        return self.define(f'<linearGradient ID {axis} y1="0" y2="0">{stops}</linearGradient>')

    def ball(self, colour: str) -> str:
        """A fill that makes a disc look like a ball, lit from the upper left."""
        stops = [(0, shift(colour, 0.45)), (0.45, colour), (1, shift(colour, -0.36))]
        return self.radial(stops, at=(0.34, 0.28))

    def path(self, outline: str, fill: str, **extra: str | float) -> None:
        self.add(f'<path d="{outline}" fill="{fill}"{attributes(extra)}/>')

    def line(self, outline: str, colour: str, width: float, **extra: str | float) -> None:
        marks = {"stroke_linecap": "round", "stroke_linejoin": "round", **extra}
        self.add(
            f'<path d="{outline}" fill="none" stroke="{colour}" stroke-width="{num(width)}"'
            f"{attributes(marks)}/>"
        )

    def rect(
        self, box: Sequence[float], fill: str, *, corner: float = 0, **extra: str | float
    ) -> None:
        x, y, width, height = map(num, box)
        self.add(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{num(corner)}"'
            f' fill="{fill}"{attributes(extra)}/>'
        )

    def oval(
        self, x: float, y: float, rx: float, ry: float, fill: str, **extra: str | float
    ) -> None:
        self.add(
            f'<ellipse cx="{num(x)}" cy="{num(y)}" rx="{num(rx)}" ry="{num(ry)}" fill="{fill}"'
            f"{attributes(extra)}/>"
        )

    def disc(self, x: float, y: float, radius: float, fill: str, **extra: str | float) -> None:
        self.oval(x, y, radius, radius, fill, **extra)

    def text(
        self,
        words: str,
        at: tuple[float, float],
        size: float,
        colour: str,
        *,
        face: str = "serif",
        spacing: float = 0,
        anchor: str = "middle",
    ) -> None:
        family, weight, _ = FACES[face]
        x = at[0] + (spacing / 2 if anchor == "middle" else 0)
        self.add(
            f'<text x="{num(x)}" y="{num(at[1])}" font-family="{family}" font-weight="{weight}"'
            f' font-size="{num(size)}" fill="{colour}" text-anchor="{anchor}"'
            f' letter-spacing="{num(spacing)}">{escape(words)}</text>'
        )

    @contextmanager
    def group(self, **extra: str | float) -> Iterator[None]:
        self.add(f"<g{attributes(extra)}>")
        yield
        self.add("</g>")

    @contextmanager
    def moved(
        self, x: float, y: float, *, scale: float = 1, turn: float = 0, flip: bool = False
    ) -> Iterator[None]:
        """Marks drawn around the origin land at (x, y), turned by `turn` degrees."""
        across = -scale if flip else scale
        steps = f"translate({num(x)} {num(y)}) rotate({num(turn)}) scale({across:.3f} {scale:.3f})"
        with self.group(transform=steps):
            yield

    @contextmanager
    def inside(self, outline: str) -> Iterator[None]:
        """Marks are cut off at the outline."""
        clip = self.define(f'<clipPath ID><path d="{outline}"/></clipPath>')
        with self.group(clip_path=clip):
            yield


def write_svg(*pens: Pen, width: int, height: int) -> str:
    """The drawings of the pens on top of each other; each pen has a prefix of its own."""
    defs = "".join(
        body.replace(" ID", f' id="{name}"', 1) for pen in pens for body, name in pen.defs.items()
    )
    marks = "".join(mark for pen in pens for mark in pen.marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f"<defs>{defs}</defs>{marks}</svg>"
    )


def write_stops(stops: Sequence[Stop]) -> str:
    marks = []
    for at, colour, *rest in stops:
        opacity = f' stop-opacity="{rest[0]}"' if rest else ""
        marks.append(f'<stop offset="{at}" stop-color="{colour}"{opacity}/>')
    return "".join(marks)


def attributes(extra: dict[str, str | float]) -> str:
    pairs = ((key.rstrip("_").replace("_", "-"), value) for key, value in extra.items())
    return "".join(
        f' {key}="{value if isinstance(value, str) else num(value)}"' for key, value in pairs
    )


def num(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def rounded(corners: Sequence[Corner]) -> str:
    """A closed outline through (x, y, radius) corners, each cut by a soft curve."""
    steps: list[str] = []
    for index, (x, y, radius) in enumerate(corners):
        before, after = corners[index - 1], corners[(index + 1) % len(corners)]
        start = toward((x, y), before, radius)
        end = toward((x, y), after, radius)
        word = "L" if steps else "M"
        steps.append(f"{word}{num(start[0])} {num(start[1])}")
        steps.append(f"Q{num(x)} {num(y)} {num(end[0])} {num(end[1])}")
    return "".join(steps) + "Z"


def toward(corner: tuple[float, float], other: Corner, distance: float) -> tuple[float, float]:
    length = hypot(other[0] - corner[0], other[1] - corner[1]) or 1
    share = min(distance, length / 2) / length
    return (
        corner[0] + (other[0] - corner[0]) * share,
        corner[1] + (other[1] - corner[1]) * share,
    )


def turned(centre: float, profile: Sequence[Corner]) -> str:
    """The outline of a turned body from its right-hand profile: (half width, y, radius)."""
    right = [(centre + half, y, radius) for half, y, radius in profile]
    left = [(centre - half, y, radius) for half, y, radius in reversed(profile)]
    return rounded(right + left)


def box(x: float, y: float, width: float, height: float, corner: float = 0) -> str:
    """The outline of a rectangle."""
    far, low = x + width, y + height
    return rounded([(x, y, corner), (far, y, corner), (far, low, corner), (x, low, corner)])


def dusk(amount: float) -> list[Stop]:
    """Stops that darken towards the foot of a body."""
    return [(0, SHADE, 0), (0.55, SHADE, 0), (1, SHADE, amount)]


@lru_cache(maxsize=4096)
def text_width(words: str, size: float, face: str = "serif", spacing: float = 0) -> float:
    """How wide the words are set, in drawing units."""
    font = load_font(face)
    return font.getlength(words) * size / 100 + spacing * len(words)


@lru_cache(maxsize=8)
def load_font(face: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / FACES[face][2]), 100)


def fitting_size(
    lines: Sequence[str], width: float, *, largest: float, face: str = "serif"
) -> float:
    """The largest size, up to `largest`, at which no line is wider than `width`."""
    widest = max(text_width(line, 100, face) for line in lines)
    return min(largest, width / widest * 100)
