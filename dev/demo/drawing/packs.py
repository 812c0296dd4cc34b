"""Cans, pouches, sacks, boxes, tins and jars."""

from dev.demo.drawing.colours import KRAFT, LIQUIDS, SALT, SHADE, WOOD, is_dark, mix, shift
from dev.demo.drawing.labels import Area
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import GLOSSY, METAL, Pen, box, dusk, rounded, turned
from dev.demo.drawing.subject import FLOOR, Subject, gloss, ground, label, neck_ring, solid


def jerrycan(pen: Pen, subject: Subject) -> None:
    """A can with a handle in its shoulder."""
    ground(pen, 500, 214)
    outer = rounded(
        [
            (292, FLOOR, 34),
            (292, 420, 60),
            (372, 336, 40),
            (690, 336, 56),
            (708, 420, 40),
            (708, FLOOR, 34),
        ]
    )
    hole = rounded([(470, 388, 24), (650, 388, 24), (650, 440, 24), (470, 440, 24)])
    colour = subject.body
    pen.path(
        outer + hole,
        pen.round(colour, GLOSSY if subject.glassy else METAL[:1] + GLOSSY[1:]),
        fill_rule="evenodd",
    )
    pen.path(outer + hole, pen.linear(dusk(0.24), down=True), fill_rule="evenodd")
    pen.path(hole, "none", stroke=shift(colour, -0.35), stroke_width=5, stroke_opacity=0.6)
    pen.line("M470 384L650 384", shift(colour, 0.45), 4, stroke_opacity=0.6)
    neck_ring(pen, (352, 262, 116, 80), subject.cap)
    pen.rect((346, 250, 128, 22), pen.round(shift(subject.cap, -0.1)), corner=8)
    pen.line("M304 470L304 830M696 470L696 830", shift(colour, -0.3), 4, stroke_opacity=0.35)
    label(pen, subject, Area(500, 478, 322, 356))
    gloss(pen, 310, 470, 12, 350)


def drum(pen: Pen, subject: Subject) -> None:
    """A wide drum with rolling hoops and two handles."""
    ground(pen, 500, 236)
    body = turned(500, [(228, 312, 30), (232, FLOOR, 36)])
    solid(pen, body, subject.body, ramp="glossy")
    for y in (352, 838):
        pen.rect((267, y, 466, 20), pen.round(shift(subject.body, -0.12), GLOSSY), corner=9)
    pen.oval(500, 318, 226, 34, shift(subject.body, -0.2))
    pen.oval(500, 312, 212, 28, shift(subject.body, 0.1))
    solid(pen, turned(412, [(60, 240, 12), (60, 314, 12)]), subject.cap)
    pen.line("M540 306C548 236 668 236 676 306", shift(subject.cap, -0.2), 22)
    pen.line("M544 298C554 240 662 240 670 298", shift(subject.cap, 0.35), 6, stroke_opacity=0.6)
    label(pen, subject, Area(500, 402, 348, 408))
    gloss(pen, 286, 400, 16, 420, strength=0.4)


def jug(pen: Pen, subject: Subject) -> None:
    """A laundry jug with a grip at the side and a cap to measure with."""
    ground(pen, 500, 206)
    outer = rounded(
        [
            (304, FLOOR, 40),
            (304, 470, 70),
            (372, 376, 40),
            (520, 360, 20),
            (690, 392, 60),
            (704, 520, 40),
            (704, FLOOR, 40),
        ]
    )
    hole = rounded([(604, 462, 34), (668, 462, 30), (668, 660, 34), (620, 660, 34)])
    pen.path(outer + hole, pen.round(subject.body, GLOSSY), fill_rule="evenodd")
    pen.path(outer + hole, pen.linear(dusk(0.22), down=True), fill_rule="evenodd")
    pen.path(hole, "none", stroke=shift(subject.body, -0.35), stroke_width=6, stroke_opacity=0.5)
    solid(pen, turned(446, [(70, 232, 14), (84, 384, 10)]), subject.cap)
    pen.line(
        "M398 262v96M422 262v96M446 262v96M470 262v96M494 262v96",
        shift(subject.cap, -0.4),
        3,
        stroke_opacity=0.35,
    )
    label(pen, subject, Area(450, 490, 266, 330))
    gloss(pen, 318, 500, 13, 330)


def pouch(pen: Pen, subject: Subject) -> None:
    """A stand-up pouch with a spout in its corner."""
    ground(pen, 500, 200)
    solid(pen, "M600 282L648 230L700 276L656 330Z", subject.cap)
    with pen.moved(690, 236, turn=43):
        pen.rect((-36, -42, 72, 56), pen.round(subject.cap, GLOSSY), corner=8)
    outline = (
        "M318 262Q314 250 328 250L616 250L690 330Q676 560 706 834Q708 862 680 872"
        "Q500 906 320 872Q292 862 294 834Q324 560 318 262Z"
    )
    pen.path(
        outline,
        pen.round(
            subject.body,
            (
                (0, -0.2),
                (0.08, 0.12),
                (0.16, -0.04),
                (0.4, 0.14),
                (0.72, -0.06),
                (0.88, 0.08),
                (1, -0.28),
            ),
        ),
    )
    pen.path(outline, pen.linear(dusk(0.24), down=True))
    pen.path(
        "M306 806Q500 748 694 806L706 840Q706 866 680 872Q500 906 320 872Q294 866 294 840Z",
        SHADE,
        fill_opacity=0.13,
    )
    pen.path("M318 262Q314 250 328 250L616 250L648 286L320 286Z", "#FFFFFF", fill_opacity=0.22)
    for step in range(5):
        pen.line(
            f"M326 {257 + step * 6}L{620 + step * 5} {257 + step * 6}",
            shift(subject.body, -0.35),
            1.2,
            stroke_opacity=0.35,
        )
    label(pen, subject, Area(500, 352, 284, 400))
    pen.line("M330 330Q344 560 324 800", "#FFFFFF", 9, stroke_opacity=0.32)


def sack(pen: Pen, subject: Subject) -> None:
    """A paper sack, folded over and stitched."""
    ground(pen, 500, 216)
    colour = subject.body if is_dark(subject.body) else mix(KRAFT, "#FFFFFF", 0.28)
    outline = (
        "M312 300L688 300Q700 460 694 560Q708 720 700 860Q698 882 672 880L328 880"
        "Q302 882 300 860Q292 720 306 560Q300 460 312 300Z"
    )
    pen.path(
        outline,
        pen.round(
            colour,
            (
                (0, -0.28),
                (0.1, 0.04),
                (0.16, -0.1),
                (0.24, 0.12),
                (0.6, 0.02),
                (0.86, -0.1),
                (0.9, 0.04),
                (1, -0.3),
            ),
        ),
    )
    pen.path(outline, pen.linear(dusk(0.22), down=True))
    pen.path(
        "M360 320L346 860M640 320L654 860",
        "none",
        stroke=SHADE,
        stroke_width=3,
        stroke_opacity=0.13,
    )
    pen.path(
        rounded([(300, 226, 8), (700, 226, 8), (694, 330, 8), (306, 330, 8)]),
        pen.round(shift(colour, 0.12)),
    )
    pen.path(box(306, 328, 388, 10), SHADE, fill_opacity=0.16)
    pen.line("M312 268L688 268", subject.palette.accent, 5, stroke_dasharray="16 11")
    pen.line("M688 268Q722 276 716 330", subject.palette.accent, 5)
    label(pen, subject, Area(500, 378, 286, 404), on=colour)


def carton(pen: Pen, subject: Subject) -> None:
    """A carton seen a little from the right."""
    ground(pen, 520, 226)
    colour = subject.body
    front, top = (286, 372, 346, 508), 372
    pen.path(
        rounded([(632, top, 0), (734, 330, 4), (734, 838, 8), (632, FLOOR, 0)]),
        shift(colour, -0.36),
    )
    pen.path(
        rounded([(286, top, 2), (392, 330, 4), (734, 330, 4), (632, top, 2)]), shift(colour, 0.2)
    )
    pen.line("M339 351L683 351", shift(colour, -0.3), 3, stroke_opacity=0.6)
    pen.rect(front, pen.linear([(0, shift(colour, 0.14)), (1, shift(colour, -0.1))]), corner=3)
    pen.rect(
        (286, 792, 346, 88),
        subject.palette.accent if colour != subject.palette.accent else subject.palette.deep,
    )
    lines = "".join(f"M{310 + step * 50} {836}q12.5 -22 25 0t25 0" for step in range(6))
    pen.line(lines, SALT, 5, stroke_opacity=0.75)
    draw_motif(pen, subject.motif, (684, 600), size=78)
    pen.path(
        rounded([(632, top, 0), (734, 330, 4), (734, 838, 8), (632, FLOOR, 0)]),
        SHADE,
        fill_opacity=0.22,
    )
    label(pen, subject, Area(459, 400, 286, 366))


def bagbox(pen: Pen, subject: Subject) -> None:
    """A big carton with a tap at its foot."""
    ground(pen, 516, 254)
    colour = mix(KRAFT, "#FFFFFF", 0.18)
    pen.path(
        rounded([(660, 380, 0), (776, 336, 4), (776, 834, 6), (660, FLOOR, 0)]),
        shift(colour, -0.34),
    )
    pen.path(
        rounded([(258, 380, 2), (384, 336, 4), (776, 336, 4), (660, 380, 2)]), shift(colour, 0.25)
    )
    pen.rect((258, 380, 402, 500), pen.linear([(0, shift(colour, 0.1)), (1, shift(colour, -0.08))]))
    pen.path(
        rounded([(430, 336, 20), (560, 336, 20), (548, 352, 8), (424, 352, 8)]), shift(colour, -0.5)
    )
    pen.rect((258, 380, 402, 20), subject.palette.accent)
    label(pen, subject, Area(440, 424, 306, 360), on=SALT)
    pen.disc(586, 826, 38, shift(colour, -0.5))
    pen.rect((552, 800, 70, 40), pen.round(subject.palette.deep, GLOSSY), corner=12)
    pen.rect((574, 832, 30, 46), pen.round(subject.palette.deep, GLOSSY), corner=6)
    pen.rect((562, 778, 52, 24), pen.round(subject.palette.accent, GLOSSY), corner=8)


def soap(pen: Pen, subject: Subject) -> None:
    """A bar of soap in a paper band, on a wooden dish."""
    ground(pen, 500, 290)
    solid(pen, rounded([(214, 816, 20), (786, 816, 20), (762, FLOOR, 16), (238, FLOOR, 16)]), WOOD)
    pen.line(
        "M300 816v60M420 816v62M540 816v62M660 816v60", shift(WOOD, -0.45), 7, stroke_opacity=0.6
    )
    tone = mix(LIQUIDS[subject.motif], "#FFF6E2", 0.5)
    pen.path(
        rounded([(256, 500, 70), (744, 500, 70), (760, 818, 40), (240, 818, 40)]),
        pen.round(shift(tone, -0.1)),
    )
    pen.path(
        rounded([(252, 470, 66), (748, 470, 66), (748, 780, 66), (252, 780, 66)]),
        pen.linear([(0, shift(tone, 0.45)), (1, tone)], down=True),
    )
    pen.path(
        rounded([(276, 494, 48), (724, 494, 48), (724, 756, 48), (276, 756, 48)]),
        "none",
        stroke=shift(tone, -0.25),
        stroke_width=3,
        stroke_opacity=0.45,
    )
    pen.rect(
        (350, 466, 300, 354), subject.palette.deep if subject.seed % 2 else subject.palette.accent
    )
    label(pen, subject, Area(500, 474, 284, 336), on=SALT)
    pen.rect((350, 466, 300, 354), pen.linear(dusk(0.16), down=True))
    for x, y, radius in ((214, 800, 22), (788, 790, 28), (824, 820, 16), (178, 822, 13)):
        pen.disc(x, y, radius, pen.ball("#DDEFF5"), fill_opacity=0.72)
        pen.disc(x - radius * 0.35, y - radius * 0.4, radius * 0.2, "#FFFFFF")


def crate(pen: Pen, subject: Subject) -> None:
    """A wooden crate with four small bottles."""
    ground(pen, 500, 296)
    tones = ("#F0A03C", "#93D6BC", "#9CCBE0", "#B98A55")
    for step, tone in enumerate(tones):
        x = 308 + step * 128
        solid(pen, turned(x, [(30, 366, 6), (54, 400, 26), (54, 760, 4)]), tone, ramp="glossy")
        pen.rect((x - 34, 296, 68, 76), pen.round(subject.palette.deep, GLOSSY), corner=10)
        pen.rect((x - 44, 450, 88, 120), SALT, corner=4)
        draw_motif(pen, ("orange", "mint", "wave", "pine")[step], (x, 508), size=66)
        gloss(pen, x - 48, 410, 8, 150)
    for y, height in ((560, 120), (690, 86), (786, 94)):
        plank = box(222, y, 556, height, 8)
        pen.path(plank, pen.linear([(0, shift(WOOD, 0.3)), (1, shift(WOOD, -0.06))], down=True))
        pen.line(
            f"M240 {y + 30}Q480 {y + 18} 760 {y + 34}M240 {y + 62}Q520 {y + 74} 760 {y + 56}",
            shift(WOOD, -0.3),
            2.2,
            stroke_opacity=0.4,
        )
    for x in (240, 742):
        pen.rect((x, 556, 20, 324), shift(WOOD, -0.18), corner=4)
    label(pen, subject, Area(500, 590, 270, 268), on=SALT)
