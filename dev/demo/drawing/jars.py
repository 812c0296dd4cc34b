"""Tins, jars, tubs and shakers."""

from dev.demo.drawing.colours import LIQUIDS, SALT, SHADE, WOOD, mix, shift
from dev.demo.drawing.labels import Area
from dev.demo.drawing.pen import GLOSSY, METAL, Pen, dusk, turned
from dev.demo.drawing.subject import FLOOR, Subject, gloss, ground, label, solid

LOOSE = ("salt", "linen")


def tin(pen: Pen, subject: Subject) -> None:
    """A round tin with a lever lid."""
    ground(pen, 500, 232)
    solid(pen, turned(500, [(226, 430, 4), (226, FLOOR, 46)]), subject.body, ramp="glossy")
    pen.rect((268, 846, 464, 18), pen.round("#C3C9CB", METAL), corner=9)
    pen.rect((266, 420, 468, 32), pen.round("#C3C9CB", METAL), corner=12)
    pen.oval(500, 426, 232, 42, pen.round("#C3C9CB", METAL))
    pen.oval(500, 420, 214, 35, "#8F999E")
    pen.oval(500, 414, 206, 32, pen.round(shift(subject.palette.accent, 0.1), METAL))
    pen.oval(500, 412, 150, 20, pen.round(subject.palette.accent, GLOSSY))
    label(pen, subject, Area(500, 474, 330, 356))
    gloss(pen, 288, 470, 14, 360, strength=0.5)


def flat_tin(pen: Pen, subject: Subject) -> None:
    """A shallow tin, its lid leaning behind it with the name on."""
    ground(pen, 500, 240)
    x, y, radius = 500, 500, 252
    pen.disc(x + 14, y + 10, radius, SHADE, fill_opacity=0.22)
    pen.disc(x, y, radius, pen.round("#C9CED0", METAL))
    pen.disc(x, y, radius - 14, pen.ball(subject.body))
    pen.disc(
        x,
        y,
        radius - 40,
        "none",
        stroke=subject.palette.accent if subject.body != subject.palette.accent else SALT,
        stroke_width=3,
    )
    label(pen, subject, Area(500, 316, 264, 368))
    solid(pen, turned(500, [(262, 762, 6), (258, FLOOR, 34)]), "#C9CED0", ramp="metal", foot=0.3)
    pen.oval(500, 764, 262, 40, pen.round("#D8DCDD", METAL))
    pen.oval(500, 766, 244, 32, shift(LIQUIDS[subject.motif], -0.22))
    pen.oval(496, 770, 228, 26, pen.ball(mix(LIQUIDS[subject.motif], "#FFF2CF", 0.45)))


def jar(pen: Pen, subject: Subject) -> None:
    """A glass jar with a wooden lid and pale tablets in it."""
    ground(pen, 500, 192)
    body = turned(500, [(150, 388, 10), (190, 436, 50), (190, FLOOR, 48)])
    pen.path(body, pen.round(mix(subject.palette.wall, "#FFFFFF", 0.55), GLOSSY))
    with pen.inside(body):
        fill_jar(pen, mix(LIQUIDS[subject.motif], "#FFFFFF", 0.62), loose=subject.motif in LOOSE)
        pen.rect((300, 470, 400, 410), pen.linear(dusk(0.2), down=True))
    pen.path(body, "none", stroke="#FFFFFF", stroke_width=6, stroke_opacity=0.6)
    solid(pen, turned(500, [(176, 306, 16), (176, 396, 12)]), WOOD, foot=0.25)
    pen.line(
        "M334 332Q500 320 664 334M334 356Q480 366 664 352",
        shift(WOOD, -0.35),
        2.4,
        stroke_opacity=0.5,
    )
    label(pen, subject, Area(500, 494, 252, 330), on=SALT)
    gloss(pen, 326, 470, 15, 360, strength=0.75)


def fill_jar(pen: Pen, tone: str, *, loose: bool) -> None:
    """Tablets, or flakes where the goods are loose."""
    for step in range(0 if loose else 56):
        x, y = 330 + (step * 67) % 350, 878 - (step // 7) * 50 + (step * 31) % 17
        pen.oval(x, y, 36, 25, pen.ball(shift(tone, -0.02 * (step % 4))))
    if loose:
        pen.rect((300, 486, 400, 400), shift(tone, -0.08))
    for step in range(420 if loose else 0):
        x, y = 308 + (step * 157) % 389, 484 + (step * 263) % 397
        with pen.moved(x, y, turn=step * 47 % 90):
            flake = shift(tone, (0.7, 0.2, -0.06, -0.2)[step % 4])
            pen.rect((-11, -7, 22, 14), flake, corner=3)


def capsules(pen: Pen, subject: Subject) -> None:
    """A clear tub of bright capsules with a two-handed lid."""
    ground(pen, 500, 222)
    body = turned(500, [(216, 432, 10), (196, FLOOR, 50)])
    pen.path(body, pen.round(mix(subject.palette.wall, "#FFFFFF", 0.5), GLOSSY))
    with pen.inside(body):
        tones = (subject.palette.accent, LIQUIDS[subject.motif], subject.palette.deep)
        for step in range(49):
            x, y = 312 + (step * 61) % 380, 862 - (step // 7) * 58 + (step * 29) % 15
            pen.disc(x, y, 37, pen.ball(mix(tones[step % 3], "#FFFFFF", 0.14)))
            pen.oval(x - 11, y - 14, 8, 5, "#FFFFFF", fill_opacity=0.7)
        pen.rect((280, 440, 440, 440), pen.linear(dusk(0.2), down=True))
    pen.path(body, "none", stroke="#FFFFFF", stroke_width=6, stroke_opacity=0.6)
    solid(pen, turned(500, [(226, 330, 26), (232, 440, 14)]), subject.palette.deep)
    pen.oval(500, 338, 212, 22, shift(subject.palette.deep, 0.14))
    label(pen, subject, Area(500, 500, 268, 300), on=SALT)
    gloss(pen, 302, 460, 14, 340, strength=0.7)


def tub(pen: Pen, subject: Subject) -> None:
    """A tapered tub with a lid and a carrying handle."""
    ground(pen, 500, 226)
    pen.line("M300 420C300 180 700 180 700 420", shift(subject.cap, -0.25), 18)
    pen.line("M303 412C306 188 690 184 696 412", shift(subject.cap, 0.2), 6, stroke_opacity=0.6)
    solid(pen, turned(500, [(226, 420, 6), (196, FLOOR, 44)]), subject.body, ramp="glossy")
    solid(pen, turned(500, [(234, 366, 22), (238, 440, 14)]), subject.cap, foot=0.3)
    pen.oval(500, 374, 222, 24, shift(subject.cap, 0.16))
    label(pen, subject, Area(500, 478, 300, 350))
    gloss(pen, 298, 470, 14, 350, strength=0.45)


def shaker(pen: Pen, subject: Subject) -> None:
    """A cardboard can with a pierced metal top."""
    ground(pen, 500, 154)
    solid(pen, turned(500, [(150, 300, 4), (150, FLOOR, 26)]), subject.body)
    pen.rect((346, 852, 308, 28), pen.round("#C3C9CB", METAL), corner=8)
    pen.rect((344, 288, 312, 44), pen.round("#C3C9CB", METAL), corner=10)
    pen.oval(500, 292, 156, 34, pen.round("#DDE1E2", METAL))
    for x, y in (
        (430, 288),
        (465, 278),
        (500, 274),
        (535, 278),
        (570, 288),
        (450, 300),
        (500, 304),
        (550, 300),
        (500, 289),
    ):
        pen.oval(x, y, 9, 4, "#4A5358")
    pen.rect((350, 346, 300, 58), pen.round(subject.palette.accent))
    pen.rect((350, 790, 300, 48), pen.round(subject.palette.accent))
    label(pen, subject, Area(500, 424, 258, 348))
