"""The bucket of pictures, the eye that reads them, and the queue on which they are asked for."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.catalog.errors import PictureRefused, PictureTooLarge
from apps.catalog.rules import LONGEST_SIDE, MOST_BYTES, MOST_PIXELS, WIDTHS, widths_of
from apps.catalog.types import DrawnPicture, Rendition
from apps.core.gateways import in_screen_colours, opened_picture, task_app

if TYPE_CHECKING:
    from PIL import Image

_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)


def send_to_queue(names: list[str]) -> None:
    """Ask a worker for the renditions of these files. Raises what the queue's client raises."""
    task_app().send_task("catalog.make_renditions", kwargs={"names": names}, retry=False)


def read_original(name: str) -> bytes:
    """An uploaded file. Raises FileNotFoundError, PictureTooLarge, and what the storage raises."""
    with default_storage.open(name) as file:
        if file.size > MOST_BYTES:
            raise PictureTooLarge
        return bytes(file.read())


def keep_rendition(name: str, content: bytes) -> None:
    """Store a copy; one that is there is the same, for its name says what is in it."""
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))


def draw(content: bytes) -> DrawnPicture:
    """A picture's renditions: upright, in its own colours, without its metadata.

    Judged by its size before it is decoded. Raises PictureTooLarge, PictureRefused.
    """
    from PIL import ImageOps  # only a worker draws

    with opened_picture(
        content, most_pixels=MOST_PIXELS, too_large=PictureTooLarge, refused=PictureRefused
    ) as opened:
        width, height = opened.size
        if max(width, height) > LONGEST_SIDE:
            raise PictureTooLarge
        if opened.getexif().get(_ORIENTATION) in _LYING:
            width, height = height, width
        # A JPEG can be decoded at a half or a quarter of its size, which is all that is needed.
        opened.draft(opened.mode, (WIDTHS[-1], WIDTHS[-1]))
        upright = ImageOps.exif_transpose(opened)
        renditions = tuple(_renditions(upright, width=width, height=height))
    return DrawnPicture(width=width, height=height, renditions=renditions)


def _renditions(picture: "Image.Image", *, width: int, height: int) -> Iterator[Rendition]:
    # The profile of a picture for print tells nothing about its translation to red, green and blue.
    profile = picture.info.get("icc_profile") if picture.mode in {"RGB", "RGBA"} else None
    seen = in_screen_colours(picture)
    for one in widths_of(width):
        size = (one, max(1, round(height * one / width)))
        drawn = io.BytesIO()
        copy = seen.resize(size, reducing_gap=3)
        # A greater effort (`method`) takes half as long again, and saves one byte in a hundred.
        copy.save(drawn, format="WEBP", quality=82, method=2, icc_profile=profile)
        yield Rendition(width=one, content=drawn.getvalue())
