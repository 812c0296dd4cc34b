"""The small drawings of scents and ingredients, each about 100 units wide around the origin."""

from collections.abc import Callable
from math import cos, sin

from dev.demo.drawing.colours import ALDER, mix, shift
from dev.demo.drawing.pen import Pen, num


def draw_motif(
    pen: Pen, name: str, at: tuple[float, float], *, size: float = 100, turn: float = 0
) -> None:
    """The motif of that name, `size` units wide, centred at `at`."""
    with pen.moved(*at, scale=size / 100, turn=turn):
        MOTIFS[name](pen)


def slice_of(rind: str, flesh: str) -> Callable[[Pen], None]:
    def draw(pen: Pen) -> None:
        pen.disc(0, 0, 50, pen.ball(rind))
        pen.disc(0, 0, 44, mix(flesh, "#FFFFFF", 0.78))
        for step in range(9):
            pen.path(
                f"M0 -4 L{num(-12.2)} -35 Q0 -44 12.2 -35Z",
                flesh if step % 2 else shift(flesh, 0.18),
                transform=f"rotate({step * 40})",
                stroke=flesh,
                stroke_width=2.5,
                stroke_linejoin="round",
            )
        pen.path(
            "M-34 -18A40 40 0 0 1 -6 -38",
            "none",
            stroke="#FFFFFF",
            stroke_width=4,
            stroke_linecap="round",
            stroke_opacity=0.6,
        )

    return draw


def sprig(
    leaf: str, *, length: float, spread: float, count: int, width: float
) -> Callable[[Pen], None]:
    def draw(pen: Pen) -> None:
        pen.line("M-4 50Q6 0 0 -34", "#7A5B3A", 4)
        for step in range(count):
            y = 40 - step * 74 / count
            reach = length * (1 - (step / count) ** 2 * 0.5)
            for side in (-1, 1):
                x, tip = side * reach * sin(spread), y - reach * cos(spread)
                tone = shift(leaf, 0.2 if side < 0 else -0.14)
                bend = f"Q{num(x * 0.55)} {num((y + tip) / 2 + 4)}"
                pen.line(f"M1 {num(y)}{bend} {num(x)} {num(tip)}", tone, width)
        pen.line("M0 -30L-6 -50M0 -30L6 -50M0 -30L0 -52", shift(leaf, 0.2), width)

    return draw


def rosemary(pen: Pen) -> None:
    sprig("#5F8A5C", length=30, spread=1.0, count=7, width=6)(pen)
    for x, y in ((-12, -4), (13, -16), (-8, -30), (9, 12)):
        pen.disc(x, y, 6.5, "#8E8CCB")
        pen.disc(x - 1.5, y - 1.5, 2.4, "#E4E2FA")


def lavender(pen: Pen) -> None:
    for x, lean, top in ((0, 0, -50), (-22, -13, -36), (22, 13, -38)):
        with pen.moved(x * 0.25, 48, turn=lean):
            pen.line(f"M0 0L0 {top - 20}", "#7E9163", 3)
            for step in range(6):
                y, reach = top - 46 + step * 9.5, 5.5 + step % 5
                for side in (-1, 1):
                    tone = "#8A74C2" if side < 0 else "#6C57A6"
                    pen.oval(side * reach * 0.7, y, reach * 0.78, 5.6, tone)
            pen.oval(0, top - 52, 4, 6, "#A997D8")


def eucalyptus(pen: Pen) -> None:
    pen.line("M-10 50Q10 10 0 -44", "#7C8F78", 3.4)
    for step, (x, y) in enumerate(((-2, 30), (3, 4), (2, -20))):
        half = 19 - step * 3.5
        for side in (-1, 1):
            tone = "#93C3A6" if side < 0 else "#6BA287"
            with pen.moved(x, y, turn=side * 62):
                pen.path(
                    f"M0 0C{-half} {-half * 0.5} {-half} {-half * 2} 0 {-half * 2.3}"
                    f"C{half} {-half * 2} {half} {-half * 0.5} 0 0Z",
                    tone,
                )
                pen.line(f"M0 0L0 {-half * 1.7}", "#DDEEE2", 1.6, stroke_opacity=0.8)
    pen.path("M0 -34C-10 -38 -9 -52 0 -56C9 -52 10 -38 0 -34Z", "#A9D2B9")


def mint(pen: Pen) -> None:
    for turn, size, tone in ((58, 0.86, "#3F9A78"), (-58, 0.86, "#57B791"), (0, 1, "#49A983")):
        with pen.moved(0, 34, scale=size, turn=turn):
            edge = "M0 0Q-10 -6 -17 -16L-19 -24L-25 -32L-23 -42L-24 -52L-17 -60L-12 -70L0 -82"
            far = "L12 -70L17 -60L24 -52L23 -42L25 -32L19 -24L17 -16Q10 -6 0 0Z"
            pen.path(edge + far, tone, stroke=tone, stroke_width=3, stroke_linejoin="round")
            pen.path(
                "M0 0Q10 -6 17 -16L19 -24L25 -32L23 -42L24 -52L17 -60L12 -70L0 -82Z",
                shift(tone, -0.14),
            )
            pen.line(
                "M0 -2L0 -72M0 -20L-13 -32M0 -20L13 -32M0 -40L-13 -52M0 -40L13 -52",
                shift(tone, 0.4),
                1.8,
                stroke_opacity=0.8,
            )


def cedar(pen: Pen) -> None:
    pen.disc(0, 0, 48, "#7A4526")
    pen.disc(0, 0, 43, pen.ball("#DDA06B"))
    for radius in (36, 29, 22, 15, 8):
        pen.oval(
            -2,
            2,
            radius,
            radius * 0.95,
            "none",
            stroke="#B06F3F",
            stroke_width=2.2,
            stroke_opacity=0.75,
        )
    pen.line("M6 -2L34 -20M-2 10L-14 38", "#8E5630", 2)


def salt(pen: Pen) -> None:
    for x, y, size, turn in (
        (-16, 12, 27, -8),
        (20, 20, 20, 14),
        (6, -24, 20, 24),
        (-36, 32, 11, 30),
    ):
        with pen.moved(x, y, scale=size / 20, turn=turn):
            pen.path("M0 -20L18 -10L0 0L-18 -10Z", "#FFFFFF")
            pen.path("M-18 -10L0 0L0 20L-18 10Z", "#D3E4EA")
            pen.path("M18 -10L0 0L0 20L18 10Z", "#A3C3CF")
            pen.line("M0 0L0 20M-18 -10L0 0L18 -10", "#FFFFFF", 1.6, stroke_opacity=0.9)


def drop(pen: Pen) -> None:
    pen.path(
        "M0 -50C14 -26 34 -6 34 16A34 34 0 0 1 -34 16C-34 -6 -14 -26 0 -50Z", pen.ball("#6FB4D6")
    )
    pen.line("M-21 12A22 22 0 0 0 -6 35", "#FFFFFF", 6, stroke_opacity=0.85)
    pen.oval(12, -4, 5, 10, "#FFFFFF", fill_opacity=0.35, transform="rotate(24 12 -4)")


def wave(pen: Pen) -> None:
    for row, tone in enumerate(("#2F7FA3", "#5BA6C4", "#96CADD")):
        y = 24 - row * 24
        pen.line(f"M-48 {y}Q-36 {y - 22} -24 {y}T0 {y}T24 {y}T48 {y}", tone, 9)


def leaf(pen: Pen) -> None:
    pen.line("M-26 50Q-14 30 0 20", "#6B5133", 4)
    outline = (
        "M0 26C-34 20 -40 -8 -30 -28C-22 -44 -8 -46 0 -38C8 -46 22 -44 30 -28C40 -8 34 20 0 26Z"
    )
    pen.path(outline, "#6E9A4A")
    pen.path("M0 26C34 20 40 -8 30 -28C22 -44 8 -46 0 -38Z", "#588239")
    pen.line("M0 26L0 -32M0 14L-24 0M0 14L24 0M0 -4L-24 -20M0 -4L24 -20", "#C8DDA6", 2.2)
    pen.oval(20, 36, 9, 12, ALDER)
    pen.line("M12 32L28 32M11 38L29 38M14 44L26 44", "#6B2F16", 1.8)


def linen(pen: Pen) -> None:
    pen.line("M2 50Q-6 20 0 0", "#6F8B5C", 4)
    pen.path("M0 36Q-26 30 -32 10Q-8 12 0 36Z", "#86A56E")
    for step in range(5):
        with pen.moved(0, -10, turn=step * 72):
            pen.path(
                "M0 0C-24 -10 -22 -38 0 -40C22 -38 24 -10 0 0Z",
                "#7E98D6" if step % 2 else "#94ABE2",
            )
            pen.line("M0 -6L0 -32M-4 -8L-9 -28M4 -8L9 -28", "#5D78BE", 1.4, stroke_opacity=0.7)
    pen.disc(0, -10, 7, "#F3D36A")


def cone_tree(pen: Pen) -> None:
    sprig("#3E8456", length=44, spread=0.95, count=9, width=4)(pen)
    pen.oval(17, 34, 13, 17, "#9A6237")
    pen.line("M7 27L27 27M5 34L29 34M7 41L27 41M17 18L17 50", "#5E371C", 2)


MOTIFS: dict[str, Callable[[Pen], None]] = {
    "lemon": slice_of("#F0C419", "#F7DC53"),
    "orange": slice_of("#E9811B", "#F6A53C"),
    "pine": cone_tree,
    "rosemary": rosemary,
    "lavender": lavender,
    "eucalyptus": eucalyptus,
    "mint": mint,
    "cedar": cedar,
    "salt": salt,
    "drop": drop,
    "wave": wave,
    "leaf": leaf,
    "linen": linen,
}
