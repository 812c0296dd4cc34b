"""The second picture of a product: close up, with the figures that matter."""

from collections.abc import Iterator

from dev.demo.drawing.colours import SALT, SHADE, is_dark, mix, shift
from dev.demo.drawing.motifs import draw_motif
from dev.demo.drawing.pen import Pen, fitting_size, text_width
from dev.demo.drawing.shapes import HARDWARE, draw_shape
from dev.demo.drawing.subject import Subject
from dev.demo.records import AttributeValue, DemoProduct

CAPTIONS = {
    "ph": "pH",
    "dilution": "DILUTE",
    "dose": "DOSE",
    "contact_seconds": "TIME TO WORK",
    "surface": "MADE FOR",
    "water_temperature": "WORKS FROM",
    "hazard": "HAZARD",
    "material": "MATERIAL",
    "length_cm": "LENGTH",
    "capacity_l": "HOLDS",
    "care": "CARE",
    "composition": "MADE OF",
    "gsm": "WEIGHT",
    "wash_temperature": "WASH UP TO",
}
UNITS = {
    "length_cm": " cm",
    "capacity_l": " l",
    "gsm": " g/m²",
    "water_temperature": " °C",
    "wash_temperature": " °C",
}


def ground_colour(subject: Subject) -> str:
    if subject.finish == "deep":
        return shift(subject.palette.accent, -0.12)
    return subject.palette.deep


def detail_wall(pen: Pen, deep: str) -> None:
    """A dark wall with rings of light."""
    pen.rect((0, 0, 1000, 1000), pen.linear([(0, shift(deep, 0.16)), (1, mix(deep, SHADE, 0.2))]))
    for radius in (520, 410, 300):
        pen.disc(290, 520, radius, "#FFFFFF", fill_opacity=0.05)
    pen.rect((0, 880, 1000, 120), pen.linear([(0, SHADE, 0.26), (1, SHADE, 0.08)], down=True))


def detail_goods(pen: Pen, subject: Subject, product: DemoProduct) -> None:
    """The goods cut off at the left, three facts at the right."""
    shape, deep = product.picture.shape, ground_colour(subject)
    hardware = shape in HARDWARE
    x, scale = (330, 1.3) if hardware else (286, 1.46)
    draw_shape(pen, subject, shape, x=x, floor=944, scale=scale)
    low = mix(deep, SHADE, 0.26)
    pen.rect((600, 0, 80, 1000), pen.linear([(0, low, 0), (1, low, 0.94)]))
    pen.rect((680, 0, 320, 1000), low, fill_opacity=0.94)
    ink = SALT if is_dark(deep) else subject.palette.deep
    draw_motif(pen, subject.motif, (750, 156), size=120)
    for number, (caption, lines) in enumerate(facts(product)):
        y = 300 + number * 214
        pen.rect((690, y, 262, 2), ink, fill_opacity=0.4)
        pen.text(caption, (690, y + 40), 19, ink, face="bold", spacing=2.6, anchor="start")
        largest = 74 if len(lines) == 1 else 40 if len(lines) == 2 else 33
        size = fitting_size(lines, 264, largest=largest)
        for line, words in enumerate(lines):
            pen.text(words, (690, y + 62 + size * (line + 0.72) * 1.06), size, ink, anchor="start")


def facts(product: DemoProduct) -> Iterator[tuple[str, list[str]]]:
    """Up to three captions with their values, broken into lines."""
    shown = [code for code in CAPTIONS if code in product.attributes][:3]
    for code in shown:
        yield CAPTIONS[code], wrap(written(code, product.attributes[code]))


def written(code: str, value: AttributeValue) -> str:
    if code == "contact_seconds":
        return duration(int(value))
    if code == "capacity_l":
        value = f"{value:f}".rstrip("0").rstrip(".")
    return f"{value}{UNITS.get(code, '')}".replace(" °C", "\N{NO-BREAK SPACE}°C")


def duration(seconds: int) -> str:
    """A round time, like `20 s`, `3 min` or `8 h`."""
    if seconds == 0:
        return "At once"
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def wrap(words: str, *, width: float = 264) -> list[str]:
    """At most three lines if they can be had by setting them smaller; a short value stays on one."""
    if text_width(words, 56) <= width:
        return [words]
    wide = fill(words, width=width, size=40)
    return wide if len(wide) < 3 else fill(words, width=width, size=32)


def fill(words: str, *, width: float, size: float) -> list[str]:
    lines: list[str] = []
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
