"""What a shape needs to know of its product, and the light that all shapes share."""

from dataclasses import dataclass

from dev.demo.drawing.colours import (
    LIQUIDS,
    SALT,
    SHADE,
    Palette,
    is_dark,
    mix,
    shift,
)
from dev.demo.drawing.labels import Area, Wording, put_label, swing_tag
from dev.demo.drawing.pen import GLOSSY, MATTE, METAL, Pen, dusk

FLOOR = 880


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One product as the shapes see it."""

    words: Wording
    palette: Palette
    finish: str
    motif: str
    seed: int
    tagged: bool = True

    @property
    def glassy(self) -> bool:
        return self.finish in {"clear", "amber"}

    @property
    def body(self) -> str:
        liquid = LIQUIDS[self.motif]
        return {
            "clear": mix(liquid, "#FFFFFF", 0.12),
            "amber": "#A65A1E",
            "salt": "#F3ECDD",
            "deep": self.palette.deep,
            "accent": self.palette.accent,
            "sun": "#F0C544",
        }[self.finish]

    @property
    def cap(self) -> str:
        return {
            "clear": self.palette.deep,
            "amber": "#2A211C",
            "salt": self.palette.accent,
            "deep": SALT,
            "accent": self.palette.deep,
            "sun": self.palette.deep,
        }[self.finish]

    @property
    def cloth(self) -> str:
        """The colour of a textile in this finish."""
        return {"salt": "#EADFC8", "clear": "#EADFC8"}.get(self.finish, self.body)


def ground(pen: Pen, x: float, half: float, *, y: float = FLOOR, weight: float = 1) -> None:
    """A soft shadow that falls to the right, and a tight one where the thing stands."""
    soft = pen.radial([(0, SHADE, 0.34 * weight), (0.5, SHADE, 0.14 * weight), (1, SHADE, 0)])
    pen.oval(x + half * 0.34, y + 2, half * 1.6, max(20, half * 0.2), soft)
    tight = pen.radial([(0, SHADE, 0.6 * weight), (0.7, SHADE, 0.34 * weight), (1, SHADE, 0)])
    pen.oval(x + 4, y, half * 1.1, max(10, half * 0.08), tight)


def solid(pen: Pen, outline: str, colour: str, *, ramp: str = "matte", foot: float = 0.2) -> None:
    """A turned body in one colour, deeper towards its foot."""
    pen.path(outline, pen.round(colour, {"matte": MATTE, "glossy": GLOSSY, "metal": METAL}[ramp]))
    pen.path(outline, pen.linear(dusk(foot), down=True))


def gloss(
    pen: Pen, x: float, y: float, width: float, height: float, *, strength: float = 0.55
) -> None:
    """A long highlight."""
    stops = [
        (0, "#FFFFFF", 0),
        (0.14, "#FFFFFF", strength),
        (0.7, "#FFFFFF", strength * 0.55),
        (1, "#FFFFFF", 0),
    ]
    pen.rect((x, y, width, height), pen.linear(stops, down=True), corner=width / 2)


def vessel(pen: Pen, subject: Subject, outline: str, *, level: float, top: float) -> None:
    """A bottle's body: see-through above the liquid where the finish is glass."""
    if not subject.glassy:
        solid(pen, outline, subject.body, ramp="matte")
        return
    empty = mix(subject.body, "#FFFFFF", 0.55 if subject.finish == "clear" else 0.22)
    pen.path(outline, pen.round(empty, GLOSSY))
    with pen.inside(outline):
        pen.rect((0, level, 1000, 1000 - level), pen.round_span(subject.body, outline))
        pen.rect((0, level - 3, 1000, 6), shift(subject.body, 0.5), fill_opacity=0.7)
        pen.rect((0, top, 1000, FLOOR - top), pen.linear(dusk(0.16), down=True))
    pen.path(
        outline, "none", stroke=shift(subject.body, -0.35), stroke_width=2.5, stroke_opacity=0.4
    )


def label(pen: Pen, subject: Subject, area: Area, *, on: str | None = None) -> None:
    put_label(pen, area, subject.words, subject.palette, on=on or subject.body, seed=subject.seed)


def tag(pen: Pen, subject: Subject, at: tuple[float, float], *, turn: float = 8) -> None:
    if subject.tagged:
        swing_tag(pen, subject.words, subject.palette, at=at, turn=turn)


def neck_ring(pen: Pen, box: tuple[float, float, float, float], colour: str) -> None:
    """A screw collar with fine ribs."""
    x, y, width, height = box
    pen.rect(box, pen.round(colour, GLOSSY), corner=5)
    ribs = int(width // 9)
    steps = "".join(
        f"M{x + 6 + step * (width - 12) / ribs:.1f} {y + 6}v{height - 12:.1f}"
        for step in range(ribs + 1)
    )
    pen.line(
        steps,
        shift(colour, -0.4) if not is_dark(colour) else shift(colour, 0.22),
        1.6,
        stroke_opacity=0.55,
    )
