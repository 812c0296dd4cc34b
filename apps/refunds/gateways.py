"""The refunds queue, the private storage of customers' pictures, and the eye that checks them."""

import io
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from apps.core.gateways import in_screen_colours, opened_picture, task_app
from apps.refunds.errors import PictureRefused, PictureTooLarge
from apps.refunds.rules import LONGEST_SIDE, MOST_BYTES, MOST_PIXELS
from apps.refunds.types import NewPicture

if TYPE_CHECKING:
    from PIL import Image

_DOCUMENTS = "documents"


def send_to_queue(refund_id: str) -> None:
    """Put a granted refund on the refunds queue. Raises what the queue's client raises."""
    task_app().send_task(
        "refunds.pay_back", kwargs={"refund_id": refund_id}, queue="refunds", retry=False
    )


def redraw(content: bytes) -> NewPicture:
    """A stranger's picture drawn anew as WebP: checked before it is decoded, without its metadata.

    Raises PictureTooLarge, PictureRefused.
    """
    from PIL import ImageOps  # most requests meet no picture

    if len(content) > MOST_BYTES:
        raise PictureTooLarge
    with opened_picture(
        content,
        most_pixels=MOST_PIXELS,
        longest_side=LONGEST_SIDE,
        too_large=PictureTooLarge,
        refused=PictureRefused,
    ) as opened:
        picture = in_screen_colours(ImageOps.exif_transpose(opened))
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture = _on_white(picture)
    drawn = io.BytesIO()
    picture.save(drawn, format="WEBP", quality=80)
    return NewPicture(content=drawn.getvalue(), width=picture.width, height=picture.height)


def _on_white(picture: "Image.Image") -> "Image.Image":
    from PIL import Image

    if picture.mode == "RGB":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def keep_picture(name: str, content: bytes) -> str:
    """Store a picture where only the back office can look; returns the name it got."""
    return storages[_DOCUMENTS].save(name, ContentFile(content))


def read_picture(name: str) -> bytes:
    """A picture's bytes. Raises what the storage raises."""
    with storages[_DOCUMENTS].open(name) as file:
        return bytes(file.read())


def drop_picture(name: str) -> None:
    """Forget a picture that no request came to own."""
    storages[_DOCUMENTS].delete(name)
