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


def detail(pen: Pen, subject: Subject, product: DemoProduct) -> None:
    """The goods cut off at the left, three facts at the right, on the deep colour of the shelf."""
    deep = (
        subject.palette.deep if subject.finish != "deep" else shift(subject.palette.accent, -0.12)
    )
    low = mix(deep, SHADE, 0.3)
    pen.rect((0, 0, 1000, 1000), pen.radial([(0, shift(deep, 0.24)), (1, low)], at=(0.3, 0.3)))
    for radius in (520, 410, 300):
        pen.disc(290, 520, radius, "#FFFFFF", fill_opacity=0.045)
    pen.rect((0, 880, 1000, 120), pen.linear([(0, SHADE, 0.26), (1, SHADE, 0.08)], down=True))
    scale = 1.3 if product.picture.shape in HARDWARE else 1.46
    draw_shape(
        pen,
        subject,
        product.picture.shape,
        x=330 if product.picture.shape in HARDWARE else 286,
        floor=944,
        scale=scale,
    )
    pen.rect((600, 0, 400, 1000), pen.linear([(0, low, 0), (0.2, low, 0.9), (1, low, 0.96)]))
    ink = SALT if is_dark(deep) else subject.palette.deep
    draw_motif(pen, subject.motif, (750, 156), size=120)
    for number, (caption, lines) in enumerate(facts(product)):
        y = 300 + number * 214
        pen.rect((690, y, 262, 2), ink, fill_opacity=0.4)
        pen.text(caption, (690, y + 40), 19, ink, face="bold", spacing=2.6, anchor="start")
        size = fitting_size(lines, 264, largest=74 if len(lines) == 1 else 40)
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
    return f"{value}{UNITS.get(code, '')}"


def duration(seconds: int) -> str:
    """A round time, like `20 s`, `3 min` or `8 h`."""
    if seconds == 0:
        return "At once"
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def wrap(words: str, *, width: float = 264, size: float = 40) -> list[str]:
    """Lines no wider than `width` at `size`; a short value stays on one."""
    if text_width(words, 56) <= width:
        return [words]
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
