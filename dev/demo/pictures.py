"""Draws the pictures of the demo shop as SVG and turns them into WebP."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from multiprocessing import get_context
from zlib import crc32

import resvg_py
from PIL import Image

from dev.demo.catalogue import load
from dev.demo.drawing.banners import Goods, banner, hero
from dev.demo.drawing.colours import PALETTES, palette_of
from dev.demo.drawing.details import detail_goods, detail_wall, ground_colour
from dev.demo.drawing.labels import Wording
from dev.demo.drawing.pen import FACES, FONTS, Pen, write_svg
from dev.demo.drawing.scenes import NICHES, backdrop, prop
from dev.demo.drawing.shapes import HARDWARE, ZOOMS, draw_shape
from dev.demo.drawing.subject import FLOOR, Subject
from dev.demo.records import DemoCatalogue, DemoCategory, DemoProduct

HERO = ("BTH-001", "FLR-001", "DSH-001", "LAU-001", "DSH-003", "BRU-003", "CLO-007")
LINEUPS = {
    "fabric-care": ("FAB-001", "FAB-002", "FAB-007", "FAB-006"),
    "tools-and-trade": ("BRU-001", "TRD-008", "CLO-001", "TRD-001"),
    "cloths-and-sponges": ("CLO-001", "CLO-011", "CLO-007", "CLO-008"),
    "brushes-and-brooms": ("BRU-001", "BRU-008", "BRU-007", "BRU-004"),
    "trade-and-refill": ("TRD-001", "TRD-009", "TRD-003", "TRD-005"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFile:
    """A finished picture; `kind` is product, detail, category or hero, `slug` says whose."""

    kind: str
    slug: str
    alt: str
    content: bytes


def draw(product: DemoProduct) -> str:
    """The main picture of a product, 1000 by 1000."""
    return write_svg(*product_layers(product), width=1000, height=1000)


def draw_detail(product: DemoProduct) -> str:
    """The second picture of a product, close up with its figures, 1000 by 1000."""
    return write_svg(*detail_layers(product), width=1000, height=1000)


def product_layers(product: DemoProduct) -> tuple[Pen, Pen]:
    """The wall of the shelf, and the goods in front of it."""
    wall, pen, subject = Pen(prefix="w"), Pen(), subject_of(product)
    shape = product.picture.shape
    shelf = list(PALETTES).index(product.category) if product.category in PALETTES else 0
    backdrop(wall, subject.palette, niche=NICHES[shelf % len(NICHES)])
    draw_shape(pen, subject, shape, x=500, floor=FLOOR + 14, scale=ZOOMS.get(shape, 1.12))
    if shape not in HARDWARE:
        side = 1 if subject.seed % 2 else -1
        prop(pen, subject.motif, x=500 + side * 346, floor=936, size=156, turn=side * 16)
    return wall, pen


def detail_layers(product: DemoProduct) -> tuple[Pen, Pen]:
    """The dark wall of a close-up, and the goods with their figures in front of it."""
    wall, pen = Pen(prefix="w"), Pen()
    subject = replace(subject_of(product), tagged=False)
    detail_wall(wall, ground_colour(subject))
    detail_goods(pen, subject, product)
    return wall, pen


def has_detail(product: DemoProduct) -> bool:
    """Whether a gallery of this product has the second picture: about half of them do."""
    return crc32(product.code.encode()) % 2 > 0


def draw_category(category: DemoCategory) -> str:
    """The banner of a category, 1600 by 600, with room for a heading at the left."""
    pen = Pen()
    products = lineup(category.slug)
    palette = palette_of(category.slug if category.parent else products[0].category)
    banner(pen, palette, [goods_of(product) for product in products])
    return write_svg(pen, width=1600, height=600)


def draw_hero() -> str:
    """The picture of the home page, 1600 by 900, with room for words at the left."""
    pen = Pen()
    products = {product.code: product for product in demo_catalogue().products}
    hero(pen, [goods_of(products[code]) for code in HERO])
    return write_svg(pen, width=1600, height=900)


def lineup(slug: str) -> list[DemoProduct]:
    """Four or five products of a category or department, each of another shape."""
    catalogue = demo_catalogue()
    if slug in LINEUPS:
        by_code = {product.code: product for product in catalogue.products}
        return [by_code[code] for code in LINEUPS[slug]]
    shelves = [shelf.slug for shelf in catalogue.categories if slug in (shelf.slug, shelf.parent)]
    on_shelf = [[p for p in catalogue.products if p.category == shelf] for shelf in shelves]
    found: dict[str, DemoProduct] = {}
    for row in zip(*[products for products in on_shelf if products], strict=False):
        for product in row:
            if product.picture.shape not in HARDWARE:
                found.setdefault(product.picture.shape, product)
    return list(found.values())[:5]


@lru_cache(maxsize=1)
def demo_catalogue() -> DemoCatalogue:
    return load()


def goods_of(product: DemoProduct) -> Goods:
    return replace(subject_of(product), tagged=False), product.picture.shape


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
        return to_webp(image.convert("RGB"))


def render_layers(layers: tuple[Pen, Pen], *, size: int = 800) -> bytes:
    """Like `render_webp` for a square picture, sparing the wall where it was drawn before."""
    wall, pen = layers
    picture = render_wall(write_svg(wall, width=1000, height=1000), size).copy()
    front = render_png(write_svg(pen, width=1000, height=1000), width=size)
    with Image.open(BytesIO(front)) as image:
        picture.paste(image, mask=image)
    return to_webp(picture)


@lru_cache(maxsize=32)
def render_wall(svg: str, size: int) -> Image.Image:
    with Image.open(BytesIO(render_png(svg, width=size))) as image:
        return image.convert("RGB")


def to_webp(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "WEBP", quality=84, method=2)
    return out.getvalue()


def render_all(catalogue: DemoCatalogue, *, workers: int = 2) -> Iterator[DemoFile]:
    """Every picture of the catalogue, drawn by several processes, in a fixed order."""
    jobs: list[tuple[str, DemoProduct | DemoCategory | None]] = [("hero", None)]
    jobs += [("category", category) for category in catalogue.categories]
    for product in catalogue.products:
        jobs.append(("product", product))
        if has_detail(product):
            jobs.append(("detail", product))
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(render_job, jobs, chunksize=8)


def render_job(job: tuple[str, DemoProduct | DemoCategory | None]) -> DemoFile:
    """One picture, drawn in a worker."""
    kind, record = job
    if isinstance(record, DemoProduct):
        layers = product_layers(record) if kind == "product" else detail_layers(record)
        alt = record.name if kind == "product" else f"{record.name}, close up"
        return DemoFile(kind=kind, slug=record.slug, alt=alt, content=render_layers(layers))
    if isinstance(record, DemoCategory):
        content = render_webp(draw_category(record), size=1600)
        return DemoFile(kind=kind, slug=record.slug, alt=record.name, content=content)
    content = render_webp(draw_hero(), size=1600)
    return DemoFile(kind=kind, slug="hero", alt="Alder & Brine by the sea", content=content)
