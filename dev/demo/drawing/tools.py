"""Brushes, brooms, mops and other things with a handle."""

from dev.demo.drawing.colours import SALT, SHADE, STEEL, WOOD, mix, shift
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import GLOSSY, METAL, Pen, box, rounded
from dev.demo.drawing.subject import FLOOR, Subject, gloss, ground, solid, tag

TAMPICO = "#E8D3A2"
HORSEHAIR = "#4A3A32"
BAHIA = "#7A4A2B"


def timber(pen: Pen, outline: str, colour: str = WOOD, *, down: bool = True) -> None:
    """A piece of wood, lit along its upper or left edge."""
    stops = [(0, shift(colour, 0.36)), (0.4, colour), (1, shift(colour, -0.3))]
    pen.path(outline, pen.linear(stops, down=down))


def tuft(
    pen: Pen,
    corners: tuple[float, float, float, float],
    y: float,
    length: float,
    colour: str,
    *,
    count: int = 40,
) -> None:
    """Bristles from a row (first pair of x) down to a wider row (second pair of x)."""
    left, right, far_left, far_right = corners
    body = f"M{left} {y}L{right} {y}L{far_right} {y + length}L{far_left} {y + length}Z"
    pen.path(body, pen.round(colour))
    hairs: dict[str, str] = {}
    for step in range(count + 1):
        share = step / count
        x, end = left + (right - left) * share, far_left + (far_right - far_left) * share
        tone = shift(colour, (0.3, -0.3, 0.12)[step % 3])
        hairs[tone] = hairs.get(tone, "") + (
            f"M{x:.0f} {y}Q{(x + end) / 2:.0f} {y + length * 0.4:.0f} {end:.0f} "
            f"{y + length + (step * 7) % 11 - 2:.0f}"
        )
    for tone, outline in hairs.items():
        pen.line(outline, tone, 3.4, stroke_opacity=0.75)


def brand_mark(pen: Pen, x: float, y: float, size: float, *, turn: float = 0) -> None:
    """The letters burnt into wood."""
    with pen.moved(x, y, turn=turn):
        pen.text("A&B", (0, size * 0.35), size, shift(WOOD, -0.55))


def dishbrush(pen: Pen, subject: Subject) -> None:
    """A round-headed dish brush standing on its bristles' side."""
    ground(pen, 430, 190)
    with pen.moved(412, 700, turn=24):
        pen.line("M0 -60L0 -470", shift(WOOD, -0.25), 50)
        pen.line("M-5 -60L-5 -468", WOOD, 38)
        pen.line("M-13 -80L-13 -460", shift(WOOD, 0.42), 8, stroke_opacity=0.8)
        pen.disc(0, -452, 9, shift(WOOD, -0.6))
        pen.line("M-26 -118L-44 -40M26 -118L44 -40", "#9BA4A8", 8)
        pen.rect((-30, -140, 60, 34), pen.round(STEEL, METAL), corner=6)
        brand_mark(pen, 0, -300, 30, turn=-90)
    tuft(pen, (300, 500, 254, 546), 736, 142, TAMPICO, count=46)
    solid(pen, rounded([(286, 644, 70), (514, 644, 70), (520, 746, 20), (280, 746, 20)]), WOOD)
    pen.line("M306 690Q400 664 496 690", shift(WOOD, 0.5), 5, stroke_opacity=0.6)
    tag(pen, subject, (700, 500), turn=7)


def bottlebrush(pen: Pen, subject: Subject) -> None:
    """A long twisted-wire brush, propped up at a slant."""
    ground(pen, 480, 210, weight=0.7)
    with pen.moved(470, 520, turn=28):
        pen.line("M0 330L0 -360", "#8D979B", 13)
        pen.line("M0 330L0 -360", "#F2F4F4", 5, stroke_dasharray="9 10")
        pen.line("M0 330C-46 372 -46 430 0 430C46 430 46 372 0 330", "#8D979B", 12)
        for step in range(64):
            y = -388 + step * 6
            half = 84 * min(1, (step + 1) / 9) ** 0.5 * min(1, (64 - step) / 9) ** 0.5
            tone = ("#FFFFFF", mix(subject.palette.accent, "#FFFFFF", 0.3), "#E6E1D4")[step % 3]
            bend = f"{y - 10 + step % 5 * 4}Q0 {y + 26} {half:.0f} {y - 12}"
            pen.line(f"M{-half:.0f} {bend}", tone, 4.4)
        shade = pen.linear([(0, SHADE, 0.16), (0.4, "#FFFFFF", 0.1), (1, SHADE, 0.3)])
        pen.rect((-82, -392, 164, 404), shade, corner=40)
    tag(pen, subject, (716, 500), turn=6)


def scrubbrush(pen: Pen, subject: Subject) -> None:
    """The pointed scrubbing block."""
    ground(pen, 480, 290)
    tuft(pen, (250, 700, 226, 726), 742, 136, TAMPICO, count=84)
    block = (
        "M186 690C236 600 330 566 470 566L700 566Q748 570 748 640L742 752L238 752Q204 740 186 690Z"
    )
    timber(pen, block)
    pen.path(
        "M232 672C290 616 360 596 470 596L690 596Q712 600 714 630Q460 610 232 672Z",
        shift(WOOD, 0.5),
        fill_opacity=0.55,
    )
    pen.line(
        "M250 722Q480 706 726 720M300 652Q500 630 720 660",
        shift(WOOD, -0.3),
        2.6,
        stroke_opacity=0.5,
    )
    brand_mark(pen, 500, 676, 58)
    tag(pen, subject, (726, 420), turn=10)


def nailbrush(pen: Pen, subject: Subject) -> None:
    """A two-faced hand brush."""
    ground(pen, 460, 260)
    tone = "#B9703F"
    tuft(pen, (260, 660, 246, 676), 772, 104, TAMPICO, count=66)
    with pen.moved(460, 640, turn=180):
        tuft(pen, (-190, 190, -202, 202), 0, 116, HORSEHAIR, count=60)
    timber(pen, box(216, 636, 488, 140, 66), tone)
    pen.line("M262 664Q460 652 660 664", shift(tone, 0.5), 6, stroke_opacity=0.6)
    pen.text("A&B", (460, 724), 48, shift(tone, -0.55))
    tag(pen, subject, (726, 420), turn=8)


def broom(pen: Pen, subject: Subject) -> None:
    """A broom seen from the front, its handle out of the picture."""
    ground(pen, 440, 310)
    with pen.moved(440, 610, turn=9):
        pen.line("M0 40L0 -700", shift(WOOD, -0.28), 44)
        pen.line("M-4 40L-4 -700", WOOD, 34)
        pen.line("M-11 30L-11 -700", shift(WOOD, 0.45), 7, stroke_opacity=0.8)
    tuft(pen, (180, 706, 140, 746), 690, 186, HORSEHAIR, count=96)
    timber(pen, rounded([(168, 604, 30), (718, 604, 30), (722, 704, 12), (164, 704, 12)]))
    pen.line("M196 628Q440 616 694 628", shift(WOOD, 0.55), 5, stroke_opacity=0.65)
    pen.rect((392, 588, 102, 44), pen.round(subject.palette.accent), corner=10)
    brand_mark(pen, 260, 658, 38)
    tag(pen, subject, (722, 320), turn=6)


def yardbroom(pen: Pen, subject: Subject) -> None:
    """A coarse, painted broom with a steel stay."""
    ground(pen, 440, 330)
    with pen.moved(470, 600, turn=-17):
        pen.line("M0 60L0 -760", shift(WOOD, -0.28), 46)
        pen.line("M-4 60L-4 -760", WOOD, 36)
        pen.line("M-12 60L-12 -760", shift(WOOD, 0.45), 7, stroke_opacity=0.8)
    pen.line("M250 650L398 400M690 650L432 400", "#8D979B", 15)
    pen.line("M248 646L394 400M688 646L428 400", "#E9EDEE", 5)
    tuft(pen, (132, 748, 70, 806), 716, 160, BAHIA, count=44)
    tone = subject.palette.deep
    timber(pen, rounded([(118, 626, 22), (758, 626, 22), (762, 728, 14), (114, 728, 14)]), tone)
    pen.line("M146 650Q440 640 730 650", shift(tone, 0.5), 5, stroke_opacity=0.5)
    pen.text("A&B", (640, 694), 44, shift(tone, 0.6))
    tag(pen, subject, (742, 330), turn=6)


def dustpan(pen: Pen, subject: Subject) -> None:
    """A steel pan with its hand brush in front."""
    ground(pen, 470, 300)
    tone = subject.palette.accent
    pen.line("M470 500L470 230", shift(tone, -0.3), 52)
    pen.line("M464 500L464 234", tone, 40)
    pen.disc(468, 242, 10, subject.palette.wall_low)
    pan = rounded([(318, 480, 40), (622, 480, 40), (722, FLOOR, 16), (218, FLOOR, 16)])
    pen.path(pan, pen.linear([(0, shift(tone, -0.1)), (1, shift(tone, 0.14))], down=True))
    pen.path(
        rounded([(346, 520, 24), (594, 520, 24), (672, 846, 8), (268, 846, 8)]),
        pen.linear([(0, shift(tone, -0.42)), (1, shift(tone, -0.16))], down=True),
    )
    pen.path(
        rounded([(226, 846, 6), (714, 846, 6), (724, FLOOR, 10), (216, FLOOR, 10)]),
        pen.round(STEEL, METAL),
    )
    with pen.moved(480, 700, turn=-12):
        tuft(pen, (-190, 66, -206, 80), 20, 104, "#EADFC6", count=54)
        timber(pen, box(-204, -24, 470, 56, 28))
        pen.line("M-180 -12L240 -12", shift(WOOD, 0.55), 4, stroke_opacity=0.7)
        pen.disc(240, 4, 8, shift(WOOD, -0.6))
    tag(pen, subject, (744, 400), turn=7)


def toiletbrush(pen: Pen, subject: Subject) -> None:
    """A wooden handle in a stoneware cup."""
    ground(pen, 450, 150)
    pen.line("M450 640L450 236", shift(WOOD, -0.28), 46)
    pen.line("M445 640L445 240", WOOD, 34)
    pen.line("M436 620L436 250", shift(WOOD, 0.45), 7, stroke_opacity=0.8)
    pen.disc(449, 250, 9, shift(WOOD, -0.6))
    pen.oval(450, 596, 138, 30, shift("#DAD2C0", -0.4))
    body = "M312 596C312 640 328 640 588 596L588 596C584 760 578 850 560 868Q548 880 526 880"
    cup = f"{body}L374 880Q352 880 340 868C322 850 316 760 312 596Z"
    pen.path(cup, pen.round("#EDE6D6"))
    pen.path(
        "M312 596Q318 628 450 628Q582 628 588 596Q588 712 582 740Q450 764 318 740Q312 712 312 596Z",
        pen.round(mix(subject.palette.accent, subject.palette.wall_low, 0.55), GLOSSY),
    )
    for step in range(40):
        pen.disc(336 + (step * 61) % 226, 770 + (step * 37) % 96, 2.4, "#8B7D63", fill_opacity=0.5)
    gloss(pen, 332, 640, 12, 200)
    tag(pen, subject, (690, 470), turn=7)


def squeegee(pen: Pen, subject: Subject) -> None:
    """A brass window squeegee on a streak of clean glass."""
    ground(pen, 470, 240, weight=0.8)
    pen.path("M230 130L700 130L700 300L230 300Z", "#FFFFFF", fill_opacity=0.34)
    pen.line("M262 150L340 290M300 150L378 290M560 150L638 290", "#FFFFFF", 10, stroke_opacity=0.45)
    brass = "#C9973B"
    solid(
        pen,
        rounded(
            [
                (432, 430, 20),
                (500, 430, 20),
                (524, 846, 34),
                (492, FLOOR, 30),
                (440, FLOOR, 30),
                (408, 846, 34),
            ]
        ),
        subject.palette.deep,
    )
    for y in range(560, 800, 30):
        pen.line(f"M430 {y}L502 {y}", shift(subject.palette.deep, 0.3), 4, stroke_opacity=0.6)
    pen.path(
        rounded([(438, 330, 8), (494, 330, 8), (512, 460, 14), (420, 460, 14)]),
        pen.round(brass, METAL),
    )
    pen.rect(
        (196, 316, 540, 44),
        pen.linear([(0, shift(brass, 0.6)), (0.4, brass), (1, shift(brass, -0.45))], down=True),
        corner=8,
    )
    pen.rect((186, 290, 560, 32), pen.linear([(0, "#5A6166"), (1, "#23282B")], down=True), corner=3)
    for x in (300, 634):
        pen.disc(x, 338, 9, shift(brass, -0.4))
        pen.line(f"M{x - 6} 338h12", shift(brass, 0.5), 2.4)
    for x, y, size in ((250, 430, 34), (330, 500, 24), (610, 450, 28), (236, 560, 20)):
        draw_motif(pen, "drop", (x, y), size=size)
    tag(pen, subject, (720, 470), turn=7)


def mop(pen: Pen, subject: Subject) -> None:
    """A flat mop with a fringed cotton cover."""
    ground(pen, 450, 310)
    with pen.moved(450, 700, turn=11):
        pen.line("M0 0L0 -800", shift(WOOD, -0.28), 40)
        pen.line("M-4 0L-4 -800", WOOD, 30)
        pen.line("M-10 0L-10 -800", shift(WOOD, 0.45), 6, stroke_opacity=0.8)
        pen.rect((-28, -120, 56, 120), pen.round(STEEL, METAL), corner=10)
    pen.path(
        rounded([(404, 690, 16), (500, 690, 16), (540, 770, 10), (364, 770, 10)]),
        pen.round(subject.palette.accent),
    )
    for step in range(52):
        x = 136 + step * 12.3
        tone = ("#FBF7EC", "#E4DAC4", "#CFC2A5")[step % 3]
        pen.line(
            f"M{x:.0f} 812Q{x - 8 + step % 5 * 4:.0f} 842 {x - 12 + step % 7 * 4:.0f} "
            f"{872 + step % 4 * 4}",
            tone,
            13,
        )
    pen.path(
        box(140, 762, 626, 72, 30),
        pen.linear(
            [(0, shift(subject.palette.deep, 0.3)), (1, shift(subject.palette.deep, -0.1))],
            down=True,
        ),
    )
    pen.line("M168 800L740 800", SALT, 4, stroke_dasharray="16 12", stroke_opacity=0.8)
    tag(pen, subject, (722, 320), turn=6)


def duster(pen: Pen, subject: Subject) -> None:
    """A feather duster with a turned handle."""
    ground(pen, 460, 190, weight=0.7)
    with pen.moved(470, 520, turn=22):
        for step in range(70):
            lean = (step * 37) % 140 - 70
            tone = ("#F8F3E8", "#E2D8C4", "#C8BAA0", "#FFFFFF")[step % 4]
            top = -330 + abs(lean) * 1.1 + step % 6 * 8
            pen.path(
                f"M0 20C{lean * 1.8:.0f} -60 {lean * 2.3:.0f} -180 {lean * 1.5:.0f} {top:.0f}"
                f"C{lean * 0.8:.0f} -200 {lean * 0.4:.0f} -80 0 20Z",
                tone,
                fill_opacity=0.85,
                stroke="#B7A888",
                stroke_width=1.2,
                stroke_opacity=0.5,
            )
        pen.rect((-26, -6, 52, 70), pen.round(subject.palette.accent), corner=12)
        solid(
            pen,
            rounded(
                [
                    (-17, 60, 6),
                    (17, 60, 6),
                    (13, 180, 30),
                    (24, 290, 40),
                    (14, 390, 16),
                    (-14, 390, 16),
                    (-24, 290, 40),
                    (-13, 180, 30),
                ]
            ),
            WOOD,
        )
    tag(pen, subject, (716, 540), turn=6)
