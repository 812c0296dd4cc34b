import re
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageChops

from dev.demo import pictures
from dev.demo.catalogue import load
from dev.demo.drawing.colours import PALETTES
from dev.demo.drawing.details import duration
from dev.demo.drawing.motifs import MOTIFS
from dev.demo.drawing.pen import fitting_size, text_width
from dev.demo.drawing.shapes import SHAPES

CATALOGUE = load()


def size_of(svg: str) -> list[str]:
    return ElementTree.fromstring(svg).attrib["viewBox"].split()[2:]


def test_every_product_has_a_known_shape_motif_and_palette() -> None:
    for product in CATALOGUE.products:
        assert product.picture.shape in SHAPES
        assert product.picture.motif in MOTIFS
        assert product.category in PALETTES


def test_there_are_many_silhouettes() -> None:
    assert len({product.picture.shape for product in CATALOGUE.products}) >= 14


def test_every_product_draws_valid_svg_and_no_two_alike() -> None:
    drawings = [pictures.draw(product) for product in CATALOGUE.products]
    assert all(size_of(svg) == ["1000", "1000"] for svg in drawings)
    assert len(set(drawings)) == len(drawings)


def test_every_close_up_draws_valid_svg() -> None:
    for product in CATALOGUE.products:
        assert size_of(pictures.draw_detail(product)) == ["1000", "1000"]


def test_no_mark_is_left_without_a_number() -> None:
    for product in CATALOGUE.products:
        svg = pictures.draw(product)
        assert not re.search(r"[ \"(,](nan|inf|-inf|None)[ \"),]", svg)


def test_banners_and_hero_are_wide() -> None:
    assert all(size_of(pictures.draw_category(c)) == ["1600", "600"] for c in CATALOGUE.categories)
    assert size_of(pictures.draw_hero()) == ["1600", "900"]


def test_the_same_product_is_drawn_the_same_again() -> None:
    assert pictures.draw(CATALOGUE.products[0]) == pictures.draw(load().products[0])


@pytest.mark.parametrize("size", [240, 800])
def test_webp_has_the_size_that_was_asked_for(size: int) -> None:
    content = pictures.render_webp(pictures.draw(CATALOGUE.products[0]), size=size)
    with Image.open(BytesIO(content)) as image:
        assert image.format == "WEBP"
        assert image.size == (size, size)


def test_a_wall_that_is_kept_changes_nothing() -> None:
    product = CATALOGUE.products[0]
    pictures_of_it = [
        pictures.render_webp(pictures.draw(product), size=240),
        pictures.render_layers(pictures.product_layers(product), size=240),
    ]
    whole, layered = (Image.open(BytesIO(content)).convert("L") for content in pictures_of_it)
    difference = ImageChops.difference(whole, layered).getextrema()
    assert difference[1] <= 24


def test_letters_come_out_of_the_fonts_in_the_folder() -> None:
    svg = pictures.draw(CATALOGUE.products[0])
    bare = "".join(part.partition("</text>")[2] for part in f"</text>{svg}".split("<text"))
    assert pictures.render_png(svg, width=200) != pictures.render_png(bare, width=200)


def test_a_long_name_is_set_smaller_until_it_fits() -> None:
    size = fitting_size(["An uncommonly long name"], 200, largest=60)
    assert text_width("An uncommonly long name", size) <= 200.01


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "At once"), (90, "90 s"), (180, "3 min"), (28800, "8 h")]
)
def test_times_are_round(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_the_whole_range_is_rendered_in_order() -> None:
    few = replace(CATALOGUE, products=CATALOGUE.products[:3], categories=())
    files = list(pictures.render_all(few))
    kinds = [file.kind for file in files]
    assert kinds[0] == "hero"
    assert kinds.count("product") == 3
    assert [f.slug for f in files if f.kind == "product"] == [p.slug for p in few.products]
    assert all(file.content.startswith(b"RIFF") for file in files)
