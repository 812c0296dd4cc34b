"""Buckets, dispensers, pegs and a comb."""

from dev.demo.drawing.colours import SHADE, STEEL, WOOD, mix, shift
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import GLOSSY, METAL, Pen, box, dusk, rounded
from dev.demo.drawing.subject import Subject, ground, solid, tag
from dev.demo.drawing.tools import timber

TAMPICO = "#E8D3A2"
HORSEHAIR = "#4A3A32"
BAHIA = "#7A4A2B"


def comb(pen: Pen, subject: Subject) -> None:
    """A cedar comb on a folded jumper."""
    ground(pen, 480, 290)
    for step, tone in enumerate(
        (subject.palette.deep, mix(subject.palette.accent, "#FFFFFF", 0.3))
    ):
        y = 724 - step * 130
        pen.path(
            box(210, y, 540, 156, 62),
            pen.linear([(0, shift(tone, 0.2)), (0.5, tone), (1, shift(tone, -0.3))], down=True),
        )
        stitches = "".join(
            f"M{250 + column * 22} {y + 26 + row * 24}l9 12l9 -12"
            for row in range(5)
            for column in range(21)
        )
        pen.line(stitches, shift(tone, 0.25), 3, stroke_opacity=0.5)
    with pen.moved(420, 548, turn=-9):
        timber(
            pen,
            rounded([(-170, -70, 30), (170, -70, 30), (160, 60, 16), (-160, 60, 16)]),
            "#C98350",
        )
        pen.text("A&B", (0, 16), 54, shift("#C98350", -0.5))
        pen.rect((-162, 54, 324, 44), pen.round(STEEL, METAL), corner=4)
        pen.line("".join(f"M{-152 + step * 11} 60v32" for step in range(29)), "#5F696E", 2)
    tag(pen, subject, (742, 440), turn=6)


def pegs(pen: Pen, subject: Subject) -> None:
    """Pegs on a line, one of them holding the tag."""
    ground(pen, 480, 220, weight=0.25)
    pen.line("M60 330Q500 420 940 310", "#7C6A50", 7)
    pen.line("M60 328Q500 418 940 308", "#D9C9A8", 3)
    for step in range(5):
        x = 180 + step * 124
        y = 356 + (24, 34, 36, 30, 16)[step]
        with pen.moved(x, y - 90, turn=(step * 5) % 9 - 4):
            pen.path(
                rounded([(4, 0, 12), (34, 0, 12), (30, 330, 12), (6, 330, 4)]),
                SHADE,
                fill_opacity=0.14,
                transform="translate(14 10)",
            )
            timber(
                pen,
                rounded([(-34, 0, 14), (-4, 0, 8), (-2, 330, 4), (-30, 330, 14)]),
                WOOD,
                down=False,
            )
            timber(
                pen,
                rounded([(4, 0, 8), (34, 0, 14), (30, 330, 14), (2, 330, 4)]),
                shift(WOOD, -0.08),
                down=False,
            )
            for y_coil in (126, 138, 150):
                pen.rect(
                    (-42, y_coil, 84, 8),
                    pen.linear([(0, "#F2F4F4"), (1, "#7D878B")], down=True),
                    corner=4,
                )
            pen.line("M-36 160L-8 236M36 160L8 236", "#8D979B", 6)
    tag(pen, subject, (800, 380), turn=3)
    pen.path(
        "M352 880C290 860 300 760 400 690C440 664 560 664 600 690C704 760 712 860 650 880Z",
        pen.round(mix(subject.palette.accent, "#FFF3DC", 0.5)),
    )
    pen.rect((420, 648, 164, 34), pen.round(subject.palette.deep), corner=14)
    draw_motif(pen, subject.motif, (500, 780), size=120)


def dosepump(pen: Pen, subject: Subject) -> None:
    """A dosing pump with its long dip tube."""
    ground(pen, 430, 120)
    deep, accent = subject.palette.deep, subject.palette.accent
    pen.rect((414, 520, 34, 350), pen.round("#E9EEF0", GLOSSY), corner=8, fill_opacity=0.85)
    pen.rect((360, 440, 142, 96), pen.round(accent, GLOSSY), corner=12)
    pen.line(
        "M380 456v66M400 456v66M420 456v66M440 456v66M460 456v66M480 456v66",
        shift(accent, -0.4),
        3,
        stroke_opacity=0.5,
    )
    pen.rect((402, 290, 58, 160), pen.round(STEEL, METAL), corner=6)
    solid(
        pen,
        rounded(
            [
                (210, 216, 20),
                (500, 196, 30),
                (520, 300, 20),
                (380, 300, 12),
                (366, 258, 12),
                (262, 262, 12),
                (256, 352, 10),
                (206, 352, 10),
            ]
        ),
        deep,
    )
    pen.line("M250 228L480 212", shift(deep, 0.5), 7, stroke_opacity=0.5)
    draw_motif(pen, "drop", (231, 414), size=58)
    pen.oval(430, 872, 62, 14, pen.round(deep))
    tag(pen, subject, (690, 420), turn=7)


def dispenser(pen: Pen, subject: Subject) -> None:
    """A steel dispenser on a tiled wall, with a window for the level."""
    tiles = "".join(f"M190 {190 + row * 130}H810" for row in range(6))
    tiles += "".join(f"M{190 + column * 155} 190V840" for column in range(5))
    pen.line(tiles, "#FFFFFF", 5, stroke_opacity=0.5)
    pen.rect((372, 236, 296, 500), SHADE, corner=44, fill_opacity=0.2)
    pen.rect((346, 216, 296, 500), pen.round("#D3D9DC", METAL), corner=44)
    pen.rect((346, 216, 296, 500), pen.linear(dusk(0.2), down=True), corner=44)
    pen.rect((466, 262, 56, 240), shift("#D3D9DC", -0.5), corner=28)
    pen.rect((473, 330, 42, 166), pen.linear([(0, "#CDEBE2"), (1, "#6FB8A4")]), corner=21)
    pen.rect((424, 548, 140, 40), SHADE, corner=20, fill_opacity=0.18)
    pen.text("ALDER & BRINE", (495, 574), 15, "#2A353A", face="bold", spacing=2)
    pen.rect((420, 640, 150, 112), pen.round(subject.palette.deep), corner=22)
    pen.rect((462, 744, 66, 26), pen.round("#4A5358"), corner=10)
    draw_motif(pen, "drop", (495, 816), size=52)
    pen.disc(495, 238, 7, "#6A757A")
    tag(pen, subject, (740, 420), turn=6)


def bucket(pen: Pen, subject: Subject) -> None:
    """A galvanised bucket with a wooden grip."""
    pail(pen, subject, tone=STEEL, rim="#DDE2E4", metal=True)


def enamelbucket(pen: Pen, subject: Subject) -> None:
    """A white enamel bucket with a dark rim and a lid."""
    pail(pen, subject, tone="#F4EFE3", rim=subject.palette.deep, metal=False)


def pail(pen: Pen, subject: Subject, *, tone: str, rim: str, metal: bool) -> None:
    ground(pen, 470, 220)
    pen.line("M226 456C236 190 700 190 712 456", "#7D878B", 11)
    pen.line("M228 452C240 194 698 194 710 452", "#F0F3F4", 4)
    timber(pen, box(396, 240, 146, 40, 20))
    outline = "M230 450L706 450L650 852Q644 880 616 880L320 880Q292 880 286 852Z"
    pen.path(outline, pen.round(tone, METAL if metal else GLOSSY))
    pen.path(outline, pen.linear(dusk(0.22), down=True))
    if metal:
        pen.oval(468, 450, 240, 44, "#6E7A80")
        pen.oval(468, 462, 222, 32, pen.linear([(0, "#4A555A"), (1, "#9AA5AA")]))
        for y in (560, 800):
            inset = (y - 450) * 0.139
            pen.rect((230 + inset, y, 476 - inset * 2, 12), "#7D898E", fill_opacity=0.6, corner=6)
    else:
        pen.oval(468, 444, 244, 46, pen.round(tone, GLOSSY))
        pen.oval(468, 430, 196, 30, pen.ball(tone))
        pen.rect((440, 376, 56, 48), pen.round(rim, GLOSSY), corner=18)
    pen.oval(468, 450, 240, 44, "none", stroke=rim, stroke_width=13)
    for x in (228, 708):
        pen.disc(x, 468, 17, pen.ball(rim))
    draw_motif(pen, subject.motif, (452, 700), size=150)
    tag(pen, subject, (736, 480), turn=-6)
