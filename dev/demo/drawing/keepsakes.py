"""Small things: sachets, wool balls, cedar blocks, crayons and a book."""

from math import cos, sin

from dev.demo.drawing.colours import LIQUIDS, SALT, SHADE, WOOD, mix, shift
from dev.demo.drawing.labels import Area, set_name, small_caps
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import Pen, box, dusk, rounded
from dev.demo.drawing.subject import FLOOR, Subject, ground, label, tag


def balls(pen: Pen, subject: Subject) -> None:
    """Felted wool balls in a heap."""
    ground(pen, 500, 300)
    heap = (
        (370, 736, 144, "#E9DCC3"),
        (644, 736, 146, mix(subject.palette.accent, "#FFFFFF", 0.3)),
        (506, 510, 142, mix(subject.palette.deep, "#FFFFFF", 0.5)),
        (508, 774, 104, "#F6F0E2"),
    )
    for x, y, radius, tone in heap:
        pen.disc(x + 7, y + 9, radius, SHADE, fill_opacity=0.16)
        pen.disc(x, y, radius, pen.ball(tone))
        for step in range(34):
            angle, reach = step * 2.4, radius * 0.9 * ((step * 37) % 100) / 100
            px, py = x + cos(angle) * reach, y + sin(angle) * reach
            pen.line(
                f"M{px - 13:.0f} {py:.0f}q14 {step % 7 * 4 - 14} 28 {step % 3 * 5}",
                shift(tone, 0.35 if step % 2 else -0.2),
                2.4,
                stroke_opacity=0.45,
            )
    tag(pen, subject, (748, 470), turn=-8)


def sachets(pen: Pen, subject: Subject) -> None:
    """Little cotton bags tied with ribbon."""
    ground(pen, 500, 290)
    bags = (
        (390, 610, -6, "#EFE6D4"),
        (640, 640, 9, mix(subject.palette.accent, "#FFFFFF", 0.55)),
        (500, 712, 0, mix(LIQUIDS[subject.motif], "#FFFFFF", 0.4)),
    )
    for x, y, turn, tone in bags:
        with pen.moved(x, y, turn=turn):
            shape = (
                "M-46 -120C-80 -176 -104 -200 -112 -216L112 -216C104 -200 80 -176 46 -120"
                "C128 -70 164 60 140 146Q134 166 104 166L-104 166Q-134 166 -140 146"
                "C-164 60 -128 -70 -46 -120Z"
            )
            pen.path(shape, SHADE, fill_opacity=0.14, transform="translate(9 7)")
            pen.path(shape, pen.round(tone))
            pen.path(shape, pen.linear(dusk(0.2), down=True))
            pen.line(
                "M-30 -130L-62 -206M-10 -132L-18 -210M14 -132L24 -210M34 -130L70 -206"
                "M-30 -108Q-60 -60 -70 0M30 -108Q60 -60 70 0",
                shift(tone, -0.3),
                4,
                stroke_opacity=0.4,
            )
            pen.rect((-58, -136, 116, 28), pen.round(subject.palette.deep), corner=12)
            draw_motif(pen, subject.motif, (0, 40), size=150)
    tag(pen, subject, (770, 480), turn=-8)


def book(pen: Pen, subject: Subject) -> None:
    """A linen-bound book, standing, a little turned."""
    ground(pen, 520, 230)
    deep = subject.palette.deep
    pen.path(rounded([(690, 300, 4), (744, 278, 4), (744, 850, 4), (690, FLOOR, 4)]), "#E9DFC9")
    lines = "".join(
        f"M{696 + step * 6} {298 - step * 2}L{696 + step * 6} {876 - step * 3}" for step in range(8)
    )
    pen.line(lines, "#C4B594", 1.6)
    pen.path(rounded([(300, 300, 2), (372, 274, 2), (748, 274, 2), (690, 300, 2)]), "#F6EFDF")
    pen.path(
        box(284, 296, 410, 584, 6),
        pen.linear(
            [
                (0, shift(deep, -0.3)),
                (0.06, shift(deep, 0.1)),
                (0.1, shift(deep, -0.22)),
                (0.14, shift(deep, 0.12)),
                (1, deep),
            ]
        ),
    )
    small_caps(pen, "ALDER & BRINE", x=510, y=370, width=280, colour="#F0C26A")
    set_name(pen, subject.words.lines, x=510, middle=480, width=300, largest=86, colour=SALT)
    pen.disc(510, 700, 100, subject.palette.accent)
    draw_motif(pen, subject.motif, (510, 704), size=140)
    pen.line("M330 330L330 850", "#000000", 2, stroke_opacity=0.2)
    pen.path("M560 880L560 930L576 912L592 930L592 880Z", subject.palette.accent)


def blocks(pen: Pen, subject: Subject) -> None:
    """Small cedar blocks, stacked."""
    ground(pen, 480, 280)
    tone = "#D08A55"
    places = ((270, 720), (440, 720), (610, 720), (355, 560), (525, 560), (440, 400))
    for index, (x, y) in enumerate(places):
        side = shift(tone, 0.06 * (index % 3))
        pen.path(
            rounded(
                [
                    (x + 140, y, 4),
                    (x + 172, y - 26, 6),
                    (x + 172, y + 128, 8),
                    (x + 140, y + 160, 4),
                ]
            ),
            shift(side, -0.36),
        )
        pen.path(
            rounded([(x, y, 4), (x + 34, y - 26, 6), (x + 172, y - 26, 6), (x + 140, y, 4)]),
            shift(side, 0.32),
        )
        pen.rect(
            (x, y, 140, 160),
            pen.linear([(0, shift(side, 0.12)), (1, shift(side, -0.08))]),
            corner=6,
        )
        for radius in (26, 46, 66, 88):
            pen.path(
                f"M{x + 12} {y + 150 - radius}A{radius} {radius} 0 0 1 {x + 12 + radius} {y + 150}",
                "none",
                stroke=shift(side, -0.36),
                stroke_width=3,
                stroke_opacity=0.55,
            )
    tag(pen, subject, (760, 440), turn=-6)


def loose_label(pen: Pen, subject: Subject, area: Area) -> None:
    """A label on goods that have no body of their own."""
    label(pen, subject, area, on=SALT)


def crayons(pen: Pen, subject: Subject) -> None:
    """Wax crayons in a tray, from pale to dark."""
    ground(pen, 500, 280)
    tones = ("#EBD2A4", "#D9AE70", "#C48B4D", "#A86C37", "#8A522A", "#6C3D22", "#4D2B1B", "#2F1D15")
    for step, tone in enumerate(tones):
        x = 262 + step * 60
        top = 330 + (step * 23) % 50
        pen.path(
            rounded(
                [
                    (x + 8, top, 14),
                    (x + 44, top, 14),
                    (x + 52, top + 70, 4),
                    (x + 52, 760, 0),
                    (x, 760, 0),
                    (x, top + 70, 4),
                ]
            ),
            pen.round(tone),
        )
        pen.rect((x, top + 120, 52, 300), pen.round(SALT), fill_opacity=0.92)
    pen.path(
        box(226, 560, 548, 320, 16),
        pen.linear([(0, shift(WOOD, 0.24)), (1, shift(WOOD, -0.12))], down=True),
    )
    pen.rect((226, 560, 548, 14), shift(WOOD, 0.4), corner=7)
    loose_label(pen, subject, Area(500, 592, 320, 270))
