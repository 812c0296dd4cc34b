"""Cloths, sponges, gloves and other soft goods."""

from math import cos, sin

from dev.demo.drawing.colours import SALT, SHADE, is_dark, mix, shift
from dev.demo.drawing.labels import Area, set_name, small_caps
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import METAL, Pen, box, dusk, rounded
from dev.demo.drawing.subject import FLOOR, Subject, ground, tag


def band(pen: Pen, subject: Subject, area: Area) -> None:
    """A paper band round folded goods."""
    pen.rect((area.left, area.top, area.width, area.height), SALT)
    pen.rect((area.left, area.top, area.width, 10), subject.palette.accent)
    pen.rect((area.left, area.low - 10, area.width, 10), subject.palette.accent)
    motif = min(area.height * 0.3, area.width * 0.34)
    draw_motif(pen, subject.motif, (area.x, area.top + 34 + motif / 2), size=motif)
    top, low = area.top + motif + 40, area.low - 50
    largest = min(54, (low - top) / (len(subject.words.lines) * 1.04))
    set_name(
        pen,
        subject.words.lines,
        x=area.x,
        middle=(top + low) / 2,
        width=area.width - 34,
        largest=largest,
        colour=subject.palette.deep,
    )
    small_caps(
        pen,
        "LONGSHORE",
        x=area.x,
        y=area.low - 28,
        width=area.width - 60,
        colour=subject.palette.deep,
        largest=17,
    )
    pen.rect((area.left, area.top, area.width, area.height), pen.linear(dusk(0.14), down=True))


def clothstack(pen: Pen, subject: Subject) -> None:
    """A stack of folded cloths in a paper band."""
    ground(pen, 500, 272)
    tones: tuple[str, ...] = (
        subject.cloth,
        mix(subject.palette.deep, "#FFFFFF", 0.25),
        "#EADFC8",
        mix(subject.palette.accent, "#FFFFFF", 0.4),
        subject.cloth,
    )
    if subject.finish == "sun":
        tones = tuple(shift(subject.cloth, 0.06 * (step % 3)) for step in range(5))
    for step, tone in enumerate(tones):
        y, lean = FLOOR - 92 - step * 88, (step * 7) % 16 - 8
        sheet = box(236 + lean, y, 528, 92, 42)
        pen.path(
            sheet,
            pen.linear([(0, shift(tone, 0.24)), (0.5, tone), (1, shift(tone, -0.3))], down=True),
        )
        pen.line(
            f"M{282 + lean} {y + 46}L{742 + lean} {y + 46}",
            shift(tone, -0.34),
            3,
            stroke_opacity=0.55,
        )
        pen.path(
            rounded(
                [
                    (720 + lean, y + 8, 20),
                    (760 + lean, y + 14, 30),
                    (760 + lean, y + 80, 30),
                    (720 + lean, y + 86, 20),
                ]
            ),
            SHADE,
            fill_opacity=0.1,
        )
        weave = "".join(
            f"M{300 + lean + dot * 26} {y + 24}h12M{286 + lean + dot * 26} {y + 68}h12"
            for dot in range(17)
        )
        pen.line(weave, shift(tone, 0.3), 2.4, stroke_opacity=0.55)
    band(pen, subject, Area(500, 432, 270, 448))


def clothfold(pen: Pen, subject: Subject) -> None:
    """One heavy cloth, folded twice, lying against the wall."""
    ground(pen, 500, 262)
    tone = subject.cloth
    back = rounded([(276, 330, 30), (752, 300, 30), (768, FLOOR, 20), (286, FLOOR, 20)])
    pen.path(back, shift(tone, -0.3))
    sheet = rounded([(240, 346, 34), (706, 326, 34), (740, FLOOR, 26), (248, FLOOR, 26)])
    pen.path(sheet, pen.linear([(0, shift(tone, 0.2)), (0.5, tone), (1, shift(tone, -0.16))]))
    with pen.inside(sheet):
        rows = "".join(
            f"M230 {352 + row * 22}Q480 {342 + row * 22} 760 {350 + row * 22}" for row in range(25)
        )
        columns = "".join(
            f"M{250 + column * 22} 330L{254 + column * 22} 884" for column in range(23)
        )
        pen.line(
            rows + columns, shift(tone, 0.32 if is_dark(tone) else -0.16), 2.4, stroke_opacity=0.4
        )
        pen.line(
            "M230 392L760 374M230 406L760 388",
            subject.palette.accent if subject.finish != "accent" else SALT,
            6,
        )
        pen.rect((200, 330, 600, 560), pen.linear(dusk(0.2), down=True))
    pen.line("M470 336Q486 600 474 872", shift(tone, -0.35), 5, stroke_opacity=0.35)
    tag(pen, subject, (590, 420), turn=7)


def towel(pen: Pen, subject: Subject) -> None:
    """Two towels over a brass rail."""
    ground(pen, 500, 250, weight=0.5)
    pen.rect(
        (150, 214, 700, 26),
        pen.linear([(0, "#F1D596"), (0.4, "#C79A45"), (1, "#7B5A1E")], down=True),
        corner=13,
    )
    for x, tone, low in ((236, subject.cloth, 820), (520, "#EFE6D2", 770)):
        sheet = (
            f"M{x} 222Q{x} 206 {x + 16} 206L{x + 230} 206Q{x + 246} 206 {x + 246} 222"
            f"L{x + 252} {low}Q{x + 190} {low + 14} {x + 124} {low}T{x - 6} {low}Z"
        )
        pen.path(sheet, SHADE, fill_opacity=0.14, transform="translate(18 14)")
        pen.path(
            sheet,
            pen.round(
                tone,
                (
                    (0, -0.1),
                    (0.14, 0.16),
                    (0.3, -0.08),
                    (0.48, 0.16),
                    (0.66, -0.1),
                    (0.84, 0.1),
                    (1, -0.22),
                ),
            ),
        )
        stripe = subject.palette.deep if x < 400 else subject.palette.accent
        for y in (low - 150, low - 128, low - 76):
            pen.rect((x - 4, y, 254, 11), stripe, fill_opacity=0.82)
        fringe = "".join(f"M{x + step * 10} {low}v22" for step in range(26))
        pen.line(fringe, shift(tone, -0.12), 3.4)
    tag(pen, subject, (664, 300), turn=5)


def sponge(pen: Pen, subject: Subject) -> None:
    """Two thick sponges, one leaning on the other."""
    ground(pen, 470, 290)
    for x, y, turn, tone in ((560, 560, -16, "#F2CF63"), (410, 740, 0, "#A9CDB0")):
        with pen.moved(x, y, turn=turn):
            pen.path(
                box(-236, -128, 472, 262, 46),
                pen.linear(
                    [(0, shift(tone, 0.3)), (0.5, tone), (1, shift(tone, -0.24))], down=True
                ),
            )
            for step in range(44):
                px, py = -208 + (step * 89) % 420, -102 + (step * 53) % 190
                pen.oval(
                    px,
                    py,
                    5 + step % 4 * 3,
                    4 + step % 3 * 2.4,
                    shift(tone, -0.32),
                    fill_opacity=0.5,
                )
            scour = rounded([(-238, 76, 10), (238, 76, 10), (236, 138, 40), (-236, 138, 40)])
            pen.path(scour, pen.round(subject.palette.deep))
            hairs = "".join(
                f"M{-226 + step * 15} {90 + step % 3 * 8}l{9 - step % 5 * 4} 26"
                for step in range(31)
            )
            pen.line(hairs, mix(subject.palette.deep, "#FFFFFF", 0.4), 2.6, stroke_opacity=0.7)
    tag(pen, subject, (742, 560), turn=-9)
    for x, y, radius in ((196, 600, 34), (248, 548, 19), (160, 660, 15)):
        pen.disc(x, y, radius, pen.ball("#E4F3F6"), fill_opacity=0.7)
        pen.disc(x - radius * 0.35, y - radius * 0.4, radius * 0.2, "#FFFFFF")


def loofah(pen: Pen, subject: Subject) -> None:
    """Three slices of gourd."""
    ground(pen, 480, 290)
    for x, y, radius, tone in (
        (590, 560, 196, "#D9B777"),
        (360, 590, 186, "#E8CC94"),
        (500, 712, 172, "#F0DAA9"),
    ):
        pen.disc(x + 10, y + 10, radius, SHADE, fill_opacity=0.2)
        pen.disc(x, y, radius, pen.ball(tone))
        for ring in range(7):
            inner = radius * (0.94 - ring * 0.09)
            edge, dash = shift(tone, -0.3 if ring % 2 else 0.3), f"{9 + ring * 3} {6 + ring}"
            pen.disc(
                x,
                y,
                inner,
                "none",
                stroke=edge,
                stroke_width=4.5,
                stroke_dasharray=dash,
                stroke_opacity=0.6,
            )
        for step in range(20):
            angle = step * 0.3142
            start = f"{x + cos(angle) * radius * 0.2:.0f} {y + sin(angle) * radius * 0.2:.0f}"
            angle += 0.2
            end = f"{x + cos(angle) * radius * 0.92:.0f} {y + sin(angle) * radius * 0.92:.0f}"
            pen.line(f"M{start}L{end}", shift(tone, 0.4), 3.4, stroke_opacity=0.55)
        for step in range(5):
            angle = step * 1.2566 + 0.5
            at = x + cos(angle) * radius * 0.48, y + sin(angle) * radius * 0.48
            pen.oval(*at, radius * 0.12, radius * 0.15, shift(tone, -0.34), fill_opacity=0.7)
    tag(pen, subject, (742, 540), turn=-7)


def scourer(pen: Pen, subject: Subject) -> None:
    """Two balls of knitted copper wire."""
    ground(pen, 480, 270)
    for x, y, radius in ((600, 620, 190), (370, 690, 198)):
        pen.disc(x, y, radius * 0.95, pen.ball("#B5622C"))
        for step in range(150):
            angle, reach = step * 2.4, radius * (0.1 + 0.78 * ((step * 37) % 100) / 100)
            tone = ("#F3BE86", "#D98748", "#8A4318", "#FBE0BE", "#C4702F")[step % 5]
            at = x + cos(angle) * reach, y + sin(angle) * reach
            pen.disc(
                *at,
                10 + step % 5 * 3.4,
                "none",
                stroke=tone,
                stroke_width=3.4,
                stroke_opacity=0.75,
            )
        light = [(0, "#FFF0DC", 0.25), (0.5, SHADE, 0), (1, SHADE, 0.46)]
        pen.disc(x, y, radius * 0.96, pen.radial(light, at=(0.34, 0.28)))
    tag(pen, subject, (738, 520), turn=-7)


def mitt(pen: Pen, subject: Subject) -> None:
    """A woolly mitt with a cotton cuff."""
    ground(pen, 480, 190)
    for step in range(54):
        angle = step / 54 * 6.2832
        pen.disc(470 + cos(angle) * 176, 500 + sin(angle) * 256, 44, shift("#EFE6D2", -0.08))
    pen.oval(470, 500, 186, 266, pen.ball("#F5EEDD"))
    pen.oval(668, 560, 64, 132, pen.ball("#EFE6D2"), transform="rotate(28 668 560)")
    for step in range(120):
        angle, reach = step * 2.4, ((step * 37) % 100) / 100
        x, y = 470 + cos(angle) * 176 * reach, 500 + sin(angle) * 252 * reach
        pen.line(
            f"M{x - 11:.0f} {y:.0f}q11 {-15 + step % 3 * 5} 22 0",
            ("#FFFFFF", "#D8C9A8", "#C9B78F")[step % 3],
            4,
            stroke_opacity=0.75,
        )
    pen.path(
        rounded([(304, 724, 16), (640, 724, 16), (656, FLOOR, 30), (288, FLOOR, 30)]),
        pen.round(subject.palette.accent),
    )
    pen.line("M300 752L644 752M296 850L650 850", SALT, 4, stroke_dasharray="14 10")
    tag(pen, subject, (742, 500), turn=-6)


def gloves(pen: Pen, subject: Subject) -> None:
    """A pair of long rubber gloves, fingers up."""
    ground(pen, 500, 250)
    pairs = (
        (612, True, 7, shift(subject.palette.accent, -0.12)),
        (396, False, -5, subject.palette.accent),
    )
    for x, flip, turn, tone in pairs:
        with pen.moved(x, 560, flip=flip, turn=turn):
            hand = (
                "M-96 320L-84 60C-104 20 -112 -30 -108 -80L-112 -190C-112 -232 -62 -232 -60 -190"
                "L-56 -110L-54 -250C-54 -292 -4 -292 -4 -250L-2 -116L4 -236C6 -276 54 -274 52 -234"
                "L46 -96L62 -180C70 -216 114 -208 108 -172L96 -40C128 -66 166 -60 164 -30"
                "C140 20 112 50 92 76L104 320Z"
            )
            pen.path(
                hand, pen.round(tone, ((0, -0.2), (0.2, 0.2), (0.5, 0), (0.8, -0.1), (1, -0.3)))
            )
            pen.line(
                "M-86 -180L-82 -60M-30 -236L-28 -100M24 -222L20 -90",
                "#FFFFFF",
                8,
                stroke_opacity=0.3,
            )
            pen.path(
                rounded([(-104, 262, 18), (112, 262, 18), (116, 322, 24), (-108, 322, 24)]),
                pen.round(subject.palette.deep),
            )
            pen.line(
                "M-40 60q44 22 90 4M-44 92q48 22 100 4", shift(tone, -0.4), 4, stroke_opacity=0.4
            )
    tag(pen, subject, (500, 610), turn=4)


def meshbag(pen: Pen, subject: Subject) -> None:
    """A zipped wash bag with a jumper showing through."""
    ground(pen, 500, 236)
    bag = (
        "M270 380Q262 356 290 352Q500 330 710 352Q738 356 730 380Q764 620 738 846"
        "Q734 880 700 880L300 880Q266 880 262 846Q236 620 270 380Z"
    )
    pen.path(bag, pen.round("#F6F2EA"))
    with pen.inside(bag):
        pen.path(
            "M300 880C290 700 330 560 420 580C470 640 530 640 580 580C680 560 720 700 706 880Z",
            mix(subject.palette.accent, "#FFFFFF", 0.25),
        )
        pen.line("M424 590C470 660 530 660 576 590", subject.palette.deep, 12, stroke_opacity=0.5)
        mesh = "".join(
            f"M{150 + step * 19} 330L{440 + step * 19} 890M{850 - step * 19} 330"
            f"L{560 - step * 19} 890"
            for step in range(-8, 36)
        )
        pen.line(mesh, "#FFFFFF", 4, stroke_opacity=0.75)
        pen.rect((220, 340, 560, 540), pen.linear(dusk(0.14), down=True))
    pen.path(
        rounded([(262, 330, 20), (738, 330, 20), (736, 396, 16), (264, 396, 16)]),
        pen.round(subject.palette.deep),
    )
    pen.line("M290 363L710 363", "#E9E4D8", 9, stroke_dasharray="5 5", stroke_linecap="butt")
    pen.rect((300, 346, 60, 34), pen.round("#C9CED0", METAL), corner=8)
    tag(pen, subject, (604, 378), turn=-5)
