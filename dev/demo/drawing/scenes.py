"""The places in which the goods stand: a niche for each shelf, and the props beside them."""

from dev.demo.drawing.colours import SHADE, Palette, mix, shift
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import Pen, rounded
from dev.demo.drawing.subject import ground

NICHES = ("arch", "sun", "window", "steps")


def backdrop(pen: Pen, palette: Palette, *, niche: str) -> None:
    """Wall, niche and floor of a square picture."""
    light = pen.radial(
        [
            (0, shift(palette.wall, 0.5)),
            (0.6, palette.wall),
            (1, mix(palette.wall, palette.wall_low, 0.55)),
        ],
        at=(0.3, 0.2),
    )
    pen.rect((0, 0, 1000, 1000), light)
    tone = pen.linear(
        [(0, mix(palette.wall_low, palette.wall, 0.25)), (1, palette.wall_low)], down=True
    )
    draw_niche(pen, niche, tone)
    low = pen.linear(
        [
            (0, mix(palette.wall_low, SHADE, 0.05)),
            (0.12, palette.wall_low),
            (1, mix(palette.wall, "#FFFFFF", 0.25)),
        ],
        down=True,
    )
    pen.rect((0, 812, 1000, 188), low)
    pen.rect((0, 810, 1000, 3), "#FFFFFF", fill_opacity=0.35)


def draw_niche(pen: Pen, niche: str, tone: str) -> None:
    if niche == "arch":
        pen.path("M176 812L176 420A324 324 0 0 1 824 420L824 812Z", tone)
    elif niche == "sun":
        pen.disc(500, 490, 370, tone)
    elif niche == "window":
        pen.path(rounded([(170, 116, 60), (830, 116, 60), (830, 812, 0), (170, 812, 0)]), tone)
    else:
        pen.path(
            "M120 812V560A190 190 0 0 1 310 370A200 200 0 0 1 510 170H690"
            "A190 190 0 0 1 880 360V812Z",
            tone,
        )


def prop(pen: Pen, motif: str, *, side: int, size: float = 150, y: float = 868) -> None:
    """The scent itself, lying on the floor beside the goods."""
    x = 500 + side * 318
    ground(pen, x, size * 0.44, y=y + size * 0.3, weight=0.7)
    draw_motif(pen, motif, (x, y - size * 0.16), size=size, turn=side * 14)
