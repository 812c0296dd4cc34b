"""Wide pictures: one for each category, and the hero of the home page."""

from collections.abc import Sequence

from dev.demo.drawing.colours import INK, SALT, Palette, mix, shift
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import Pen, rounded
from dev.demo.drawing.scenes import prop
from dev.demo.drawing.shapes import draw_shape
from dev.demo.drawing.subject import Subject, ground

Goods = tuple[Subject, str]
PLACES = {
    4: ((670, 536, 0.46), (1454, 536, 0.46), (930, 550, 0.48), (1200, 550, 0.48)),
    5: (
        (622, 530, 0.45),
        (1464, 530, 0.45),
        (836, 542, 0.5),
        (1258, 542, 0.5),
        (1048, 556, 0.56),
    ),
}


def banner(pen: Pen, palette: Palette, goods: Sequence[Goods]) -> None:
    """Products in a row at the right; the left third stays calm for a heading."""
    wall = pen.linear(
        [
            (0, shift(palette.wall, 0.35)),
            (0.5, palette.wall),
            (1, mix(palette.wall, palette.wall_low, 0.7)),
        ]
    )
    pen.rect((0, 0, 1600, 600), wall)
    middle = mix(palette.wall_low, palette.wall, 0.2)
    tone = pen.linear([(0, middle), (1, palette.wall_low)], down=True)
    pen.disc(1064, 330, 300, tone)
    pen.path("M1330 506V270A125 125 0 0 1 1580 270V506Z", tone)
    pen.path(rounded([(548, 250, 60), (740, 250, 60), (740, 506, 0), (548, 506, 0)]), tone)
    far, near = mix(palette.wall_low, palette.deep, 0.06), mix(palette.wall, "#FFFFFF", 0.3)
    pen.rect((0, 500, 1600, 100), pen.linear([(0, far), (1, near)], down=True))
    pen.rect((0, 499, 1600, 2), "#FFFFFF", fill_opacity=0.4)
    for (subject, shape), (x, floor, scale) in zip(goods, PLACES[len(goods)], strict=True):
        draw_shape(pen, subject, shape, x=x, floor=floor, scale=scale)
    if len(goods) == 5:
        motifs = [subject.motif for subject, _ in goods][-2:]
        for motif, x, turn in zip(motifs, (942, 1154), (-14, 14), strict=True):
            prop(pen, motif, x=x, floor=574, size=70, turn=turn)


def hero(pen: Pen, goods: Sequence[Goods]) -> None:
    """The range on stones by the sea, under alder leaves; the left side is left to the words."""
    pen.rect(
        (0, 0, 1600, 900),
        pen.linear([(0, "#F6EBD9"), (0.45, "#F3DCC2"), (0.72, "#E9C8A8")], down=True),
    )
    pen.disc(1130, 430, 330, pen.linear([(0, "#F9E7BE"), (1, "#EDAA6A")], down=True))
    sea(pen)
    for x, top, half, tone in (
        (750, 700, 120, "#B9C5C3"),
        (1450, 690, 130, "#A9B8B8"),
        (1010, 650, 130, "#CFD5CF"),
        (1230, 716, 150, "#DDE0D8"),
    ):
        plinth(pen, x, top, half, tone)
    places = ((750, 716, 0.5), (1450, 706, 0.52), (1010, 668, 0.54), (1230, 736, 0.6))
    for (subject, shape), (x, floor, scale) in zip(goods, places, strict=False):
        draw_shape(pen, subject, shape, x=x, floor=floor, scale=scale)
    pen.path("M0 826Q420 780 820 812T1600 800V900H0Z", "#F0E2CB")
    pen.path("M0 846Q420 806 820 834T1600 826V900H0Z", "#E6D3B5")
    for (subject, shape), (x, floor, scale) in zip(
        goods[4:], ((934, 862, 0.35), (1146, 868, 0.33), (1400, 862, 0.33)), strict=False
    ):
        draw_shape(pen, subject, shape, x=x, floor=floor, scale=scale)
    for motif, x, size, turn in (
        ("lemon", 1038, 72, -12),
        ("salt", 1266, 66, 0),
        ("lavender", 660, 96, 18),
        ("pine", 1530, 110, -20),
    ):
        prop(pen, motif, x=x, floor=872, size=size, turn=turn)
    branch(pen)


def sea(pen: Pen) -> None:
    tones = (
        mix(INK, "#8FC0C4", 0.72),
        mix(INK, "#6FA7AE", 0.6),
        mix(INK, "#3F7F8A", 0.5),
        mix(INK, "#2B6570", 0.45),
    )
    for row, tone in enumerate(tones):
        y = 556 + row * 62
        swell = "".join(
            f"q{40 + row * 6} {-16 - row * 3} {80 + row * 12} 0t{80 + row * 12} 0"
            for _ in range(11)
        )
        pen.path(f"M{-60 * row} {y}{swell}V900H-300Z", tone)
        pen.line(f"M{-60 * row} {y}{swell}", SALT, 3, stroke_opacity=0.28)


def plinth(pen: Pen, x: float, top: float, half: float, tone: str) -> None:
    pen.path(
        f"M{x - half} {top + 20}H{x + half}L{x + half + 8} 860H{x - half - 8}Z", pen.round(tone)
    )
    pen.oval(x, top + 20, half, half * 0.19, shift(tone, 0.35))
    ground(pen, x, half * 0.4, y=top + 20, weight=0.3)


def branch(pen: Pen) -> None:
    """An alder branch that reaches in from the upper right."""
    pen.line("M1640 30Q1440 60 1300 30Q1210 14 1140 60", "#5B452E", 11)
    pen.line(
        "M1420 46Q1380 96 1330 120M1250 24Q1220 70 1230 110M1540 44Q1520 100 1540 150", "#5B452E", 7
    )
    places = (
        (1140, 84, 150, 200),
        (1220, 10, 120, 330),
        (1232, 140, 118, 178),
        (1318, 146, 140, 214),
        (1392, 30, 130, 20),
        (1540, 180, 150, 170),
        (1470, 96, 130, 150),
        (1590, 60, 150, 120),
    )
    for x, y, size, turn in places:
        draw_motif(pen, "leaf", (x, y), size=size, turn=turn)
