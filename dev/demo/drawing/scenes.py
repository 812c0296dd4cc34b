"""The places in which the goods stand: a niche for each shelf, and the props beside them."""

from dev.demo.drawing.colours import SHADE, Palette, mix, shift
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import Pen, rounded
from dev.demo.drawing.subject import ground

LYING = ("pine", "rosemary", "lavender", "eucalyptus", "linen")
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


def prop(pen: Pen, motif: str, *, x: float, floor: float, size: float, turn: float) -> None:
    """The scent itself, lying on the floor beside the goods."""
    ground(pen, x, size * 0.42, y=floor, weight=0.7)
    if motif == "wave":
        pebbles(pen, x, floor, size)
    elif motif == "drop":
        bubbles(pen, x, floor, size)
    else:
        lying = turn * 3.2 if motif in LYING else turn
        lift = 0.3 if motif in LYING else 0.46
        draw_motif(pen, motif, (x, floor - size * lift), size=size, turn=lying)


def pebbles(pen: Pen, x: float, floor: float, size: float) -> None:
    stones = (
        (0, 0.16, 0.46, 0.19, "#8FA6AE"),
        (0.04, 0.46, 0.35, 0.14, "#D9DCD6"),
        (-0.03, 0.68, 0.23, 0.1, "#5F8796"),
        (0.5, 0.09, 0.16, 0.1, "#C7CFCC"),
    )
    for across, up, half, height, tone in stones:
        place = x + across * size, floor - up * size
        pen.oval(*place, half * size, height * size, pen.ball(tone))


def bubbles(pen: Pen, x: float, floor: float, size: float) -> None:
    film = pen.radial(
        [(0, "#FFFFFF", 0.1), (0.7, "#BFE3F0", 0.35), (0.92, "#8CC3DA", 0.75), (1, "#FFFFFF", 0.9)]
    )
    for across, up, share in ((-0.12, 0.3, 0.32), (0.34, 0.2, 0.2), (0.12, 0.66, 0.14)):
        at, high, radius = x + across * size, floor - up * size, share * size
        pen.disc(at, high, radius, film)
        glint = at - radius * 0.36, high - radius * 0.42
        turn = f"rotate(-38 {glint[0]:.1f} {glint[1]:.1f})"
        pen.oval(*glint, radius * 0.2, radius * 0.13, "#FFFFFF", transform=turn)
