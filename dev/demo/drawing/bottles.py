"""Bottles: squeezed, pumped, sprayed, stoppered and dripped."""

from dev.demo.drawing.colours import SALT, is_dark, mix, shift
from dev.demo.drawing.labels import Area
from dev.demo.drawing.pen import GLOSSY, METAL, Pen, rounded, turned
from dev.demo.drawing.subject import (
    FLOOR,
    Subject,
    gloss,
    ground,
    label,
    neck_ring,
    solid,
    vessel,
)


def squeeze(pen: Pen, subject: Subject) -> None:
    """A waisted bottle with a flip top."""
    ground(pen, 500, 170)
    body = turned(
        500, [(64, 338, 8), (146, 402, 80), (172, 560, 150), (150, 720, 150), (166, FLOOR, 40)]
    )
    vessel(pen, subject, body, level=430, top=338)
    solid(pen, turned(500, [(58, 214, 22), (76, 344, 8)]), subject.cap, foot=0.3)
    pen.rect((428, 288, 144, 4), shift(subject.cap, -0.4), fill_opacity=0.5)
    solid(pen, turned(500, [(17, 172, 9), (23, 218, 3)]), shift(subject.cap, -0.1), foot=0.1)
    label(pen, subject, Area(500, 452, 256, 372))
    gloss(pen, 360, 420, 14, 400)
    gloss(pen, 447, 230, 10, 96)


def pump(pen: Pen, subject: Subject) -> None:
    """A straight bottle with a pump head that looks to the left."""
    ground(pen, 500, 166)
    body = turned(500, [(58, 404, 8), (166, 432, 70), (166, FLOOR, 30)])
    vessel(pen, subject, body, level=480, top=404)
    pen.rect((488, 236, 24, 130), pen.round(SALT, METAL))
    neck_ring(pen, (436, 352, 128, 58), subject.cap)
    head = rounded(
        [
            (344, 196, 12),
            (372, 180, 20),
            (552, 180, 26),
            (566, 240, 10),
            (434, 240, 8),
            (430, 222, 10),
            (374, 222, 10),
            (366, 258, 8),
            (340, 258, 8),
        ]
    )
    solid(pen, head, subject.cap, foot=0.3)
    pen.line("M384 192L536 192", shift(subject.cap, 0.5), 5, stroke_opacity=0.5)
    label(pen, subject, Area(500, 494, 264, 340))
    gloss(pen, 348, 470, 15, 380)
    gloss(pen, 636, 480, 6, 340, strength=0.3)


def trigger_head(pen: Pen, cap: str, accent: str) -> None:
    pen.path(
        rounded(
            [
                (408, 300, 10),
                (446, 300, 12),
                (428, 362, 40),
                (388, 436, 14),
                (366, 428, 12),
                (398, 368, 30),
            ]
        ),
        pen.round(accent),
    )
    head = rounded(
        [
            (352, 216, 10),
            (392, 206, 12),
            (560, 190, 40),
            (648, 232, 34),
            (636, 286, 26),
            (572, 308, 20),
            (566, 372, 8),
            (436, 372, 8),
            (432, 300, 16),
            (392, 284, 10),
            (352, 276, 10),
        ]
    )
    solid(pen, head, cap, foot=0.36)
    pen.rect((318, 222, 44, 48), pen.round(accent, GLOSSY), corner=7)
    pen.line("M400 220Q500 204 590 212", shift(cap, 0.55), 6, stroke_opacity=0.55)
    neck_ring(pen, (434, 366, 132, 50), accent)


def trigger(pen: Pen, subject: Subject) -> None:
    """A trigger spray."""
    ground(pen, 500, 160)
    body = turned(500, [(54, 408, 8), (62, 452, 30), (160, 556, 90), (160, FLOOR, 30)])
    vessel(pen, subject, body, level=520, top=408)
    accent = subject.palette.accent if subject.finish != "accent" else SALT
    trigger_head(pen, subject.cap, accent)
    label(pen, subject, Area(500, 548, 258, 298))
    gloss(pen, 354, 560, 14, 290)


def glasstrigger(pen: Pen, subject: Subject) -> None:
    """A heavy glass bottle with a scale, a silicone foot and an empty top."""
    ground(pen, 500, 152)
    body = turned(500, [(52, 408, 8), (56, 470, 40), (150, 540, 60), (150, FLOOR, 30)])
    vessel(pen, subject, body, level=650, top=408)
    for step in range(6):
        width = 44 if step % 2 == 0 else 26
        pen.rect(
            (640 - width, 590 + step * 36, width - 10, 4), subject.palette.deep, fill_opacity=0.65
        )
    solid(pen, turned(500, [(157, 826, 12), (157, FLOOR, 26)]), subject.palette.accent)
    trigger_head(pen, subject.palette.deep, subject.palette.accent)
    label(pen, subject, Area(478, 570, 206, 236))
    gloss(pen, 366, 560, 15, 250)


def mist(pen: Pen, subject: Subject) -> None:
    """A slim fine-mist bottle under a tall cap."""
    ground(pen, 500, 118)
    body = turned(500, [(116, 396, 40), (118, FLOOR, 26)])
    vessel(pen, subject, body, level=436, top=396)
    pen.rect((420, 372, 160, 34), pen.round("#C8CDD0", METAL), corner=6)
    solid(pen, turned(500, [(80, 178, 62), (80, 378, 6)]), subject.cap, ramp="glossy")
    label(pen, subject, Area(500, 474, 202, 356))
    gloss(pen, 394, 430, 11, 410)
    gloss(pen, 434, 220, 10, 130, strength=0.45)


def stopper(pen: Pen, subject: Subject) -> None:
    """An apothecary's bottle with a swing stopper."""
    ground(pen, 500, 160)
    body = turned(500, [(46, 318, 8), (48, 410, 40), (158, 512, 90), (160, FLOOR, 34)])
    vessel(pen, subject, body, level=470, top=318)
    pen.rect((446, 306, 108, 26), pen.round(mix(subject.body, "#FFFFFF", 0.3), GLOSSY), corner=9)
    solid(pen, turned(500, [(34, 214, 18), (44, 300, 10)]), SALT, foot=0.1)
    pen.rect((459, 286, 82, 18), pen.round(subject.palette.accent), corner=8)
    wire = "M448 356Q428 356 430 330L456 236Q460 226 474 228M552 356Q572 356 570 330L544 236Q540 226 526 228"
    pen.line(wire, "#8E979B", 6)
    pen.line(wire, "#F4F6F6", 2)
    pen.line("M448 356L552 356", "#8E979B", 6)
    label(pen, subject, Area(500, 528, 256, 316))
    gloss(pen, 352, 540, 14, 290)
    gloss(pen, 466, 340, 9, 70)


def dropper(pen: Pen, subject: Subject) -> None:
    """A small bottle with a rubber bulb."""
    ground(pen, 500, 150)
    body = turned(500, [(62, 480, 8), (150, 524, 70), (150, FLOOR, 34)])
    vessel(pen, subject, body, level=560, top=480)
    solid(
        pen,
        turned(500, [(30, 196, 30), (42, 300, 40), (34, 372, 10)]),
        subject.palette.deep,
        ramp="glossy",
    )
    neck_ring(pen, (430, 366, 140, 122), subject.palette.accent)
    label(pen, subject, Area(500, 566, 248, 286))
    gloss(pen, 362, 560, 14, 280)
    gloss(pen, 480, 226, 9, 90, strength=0.4)


def gooseneck(pen: Pen, subject: Subject) -> None:
    """The bent bottle that reaches under a rim."""
    ground(pen, 508, 168)
    body = rounded(
        [
            (344, FLOOR, 34),
            (344, 590, 60),
            (424, 470, 50),
            (398, 356, 40),
            (340, 300, 8),
            (386, 246, 8),
            (470, 312, 70),
            (540, 440, 80),
            (664, 520, 70),
            (672, FLOOR, 34),
        ]
    )
    vessel(pen, subject, body, level=560, top=246)
    with pen.moved(356, 266, turn=-42):
        pen.rect((-48, -74, 96, 92), pen.round(subject.cap), corner=12)
        pen.rect((-18, -110, 36, 42), pen.round(shift(subject.cap, -0.1)), corner=8)
        pen.line(
            "M-30 -60v64M-14 -60v64M2 -60v64M18 -60v64M34 -60v64",
            shift(subject.cap, -0.4),
            2,
            stroke_opacity=0.4,
        )
    label(pen, subject, Area(508, 574, 262, 276))
    gloss(pen, 360, 600, 14, 240)


def stick(pen: Pen, subject: Subject) -> None:
    """A twist-up stick, open, with its cap beside it."""
    ground(pen, 450, 96)
    ground(pen, 676, 84)
    solid(pen, turned(450, [(62, 250, 50), (66, 380, 4)]), "#FBF6EA", ramp="glossy", foot=0.1)
    pen.rect((376, 360, 148, 44), pen.round(subject.palette.accent), corner=8)
    body = turned(450, [(92, 398, 10), (92, FLOOR, 16)])
    solid(pen, body, subject.body)
    label(pen, subject, Area(450, 440, 166, 340))
    pen.rect((358, 808, 184, 72), pen.round(subject.palette.deep), corner=10)
    cap = turned(676, [(84, 610, 30), (84, FLOOR, 10)])
    solid(pen, cap, subject.palette.deep if not is_dark(subject.body) else SALT, ramp="glossy")
    gloss(pen, 370, 430, 10, 350)
    gloss(pen, 606, 650, 10, 190, strength=0.4)


def pod(pen: Pen, subject: Subject) -> None:
    """A perforated case clipped to the wire of a rack."""
    ground(pen, 500, 150, weight=0.5)
    for y, width in ((276, 12), (330, 9)):
        pen.line(f"M150 {y}L850 {y}", "#8D979B", width + 4)
        pen.line(f"M150 {y - 3}L850 {y - 3}", "#F4F6F7", width * 0.4)
    for x in (200, 352, 648, 800):
        pen.line(f"M{x} 270L{x} 600", "#8D979B", 12)
        pen.line(f"M{x - 3} 270L{x - 3} 600", "#F4F6F7", 4)
    clip = [(452, 240, 24), (548, 240, 24), (540, 420, 10), (460, 420, 10)]
    solid(pen, rounded(clip), subject.palette.deep)
    pen.disc(514, 632, 222, "#1B1A22", fill_opacity=0.16)
    pen.disc(500, 620, 222, pen.ball(subject.palette.deep))
    pen.disc(500, 620, 192, pen.ball(subject.body))
    for step in range(18):
        with pen.moved(500, 620, turn=step * 20):
            pen.rect((-9, -184, 18, 34), subject.palette.deep, corner=9, fill_opacity=0.8)
    label(pen, subject, Area(500, 486, 216, 262), on=SALT)
