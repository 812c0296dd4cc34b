"""Draws the pictures of the demo shop as SVG and turns them into WebP."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from zlib import crc32

import resvg_py
from PIL import Image

from dev.demo.drawing.colours import palette_of
from dev.demo.drawing.labels import Wording
from dev.demo.drawing.pen import FACES, FONTS, Pen
from dev.demo.drawing.scenes import NICHES, backdrop, prop
from dev.demo.drawing.shapes import HARDWARE, SHAPES
from dev.demo.drawing.subject import Subject
from dev.demo.records import DemoCatalogue, DemoCategory, DemoProduct

SHELVES_WITH_ONE_NICHE = 3


def draw(product: DemoProduct) -> str:
    """The main picture of a product, 1000 by 1000."""
    pen, subject = Pen(), subject_of(product)
    backdrop(pen, subject.palette, niche=NICHES[crc32(product.category.encode()) % len(NICHES)])
    SHAPES[product.picture.shape](pen, subject)
    if product.picture.shape not in HARDWARE:
        prop(pen, subject.motif, side=1 if subject.seed % 2 else -1)
    return pen.svg(width=1000, height=1000)


def subject_of(product: DemoProduct) -> Subject:
    picture = product.picture
    return Subject(
        words=Wording(
            brand=product.brand,
            lines=picture.label,
            number=f"No. {product.code.replace('-', ' ')}",
            motif=picture.motif,
        ),
        palette=palette_of(product.category),
        finish=picture.finish,
        motif=picture.motif,
        seed=crc32(product.slug.encode()),
    )


def render_png(svg: str, *, width: int) -> bytes:
    """The drawing as PNG, set in the fonts of this folder only."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            width=width,
            skip_system_fonts=True,
            font_files=[str(FONTS / file) for _, _, file in FACES.values()],
        )
    )


def render_webp(svg: str, *, size: int = 800) -> bytes:
    """The drawing as WebP, `size` pixels wide."""
    with Image.open(BytesIO(render_png(svg, width=size))) as image:
        out = BytesIO()
        image.convert("RGB").save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
