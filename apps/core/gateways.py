"""AWS, the task queue and the eye for pictures, for every app; loaded on first use, because they take long."""

import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.encoding import filepath_to_uri
from django.utils.functional import LazyObject, empty
from django.utils.module_loading import import_string

from apps.core.errors import DomainError

if TYPE_CHECKING:
    from celery import Celery
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

logger = logging.getLogger(__name__)
_drawing = Lock()


@cache
def aws_client(service: str) -> Any:
    """A boto3 client with short time-outs, shared by the threads of this process."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"total_max_attempts": 2},
        max_pool_connections=20,
    )
    return boto3.client(service, config=config)


def queue_url(name: str) -> str:
    """The address of a queue of this stage."""
    return f"{settings.SQS_BASE_URL}/{settings.STAGE}-{name}"


def text_attributes(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Texts as attributes of a message to SQS or SNS."""
    return {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}


def task_app() -> "Celery":
    """The project's Celery app; most requests send no task, and start without it."""
    app: Celery = import_string(settings.TASK_APP)
    return app


class MediaStorage(LazyObject):  # type: ignore[type-arg]
    """Files on S3; a file's address is made here, so that showing a picture loads no boto3."""

    def __init__(self, **options: Any) -> None:
        self.__dict__["_options"] = options
        super().__init__()

    def _setup(self) -> None:
        from storages.backends.s3 import S3Storage

        self._wrapped = S3Storage(**self.__dict__["_options"])

    def url(self, name: str) -> str:
        """The public address of a file, on the media domain where there is one."""
        options = self.__dict__["_options"]
        if domain := options.get("custom_domain"):
            return f"{options['url_protocol']}//{domain}/{filepath_to_uri(name)}"
        if self._wrapped is empty:
            self._setup()
        return str(self._wrapped.url(name))


def in_screen_colours(picture: "Image") -> "Image":
    """A picture of whatever kind as a screen shows it: RGB, or RGBA where something shows through.

    Grey of 16 bits is brought down to 8; the library's own conversion cuts off all above 255.
    """
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda level: level / 257).convert("L")
        # One level of 65,536 was see-through; of 256 it would be another.
        picture.info.pop("transparency", None)
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


@contextmanager
def opened_picture(
    content: bytes,
    *,
    most_pixels: int,
    longest_side: int | None = None,
    too_large: type[DomainError],
    refused: type[DomainError],
) -> "Iterator[ImageFile]":
    """A stranger's picture, judged before it is decoded by what decoding it costs.

    Where no more than `longest_side` is needed, a JPEG is decoded at a half, a quarter or an eighth of its
    size, and judged as that. One at a time in each process: a few kilobytes may be many megabytes of pixels.
    Raises `too_large`, and `refused` for what is no picture that can be read, while it is worked on, too.
    """
    from PIL import Image  # most requests meet no picture

    try:
        with _drawing, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as opened:
                if longest_side:
                    opened.draft(opened.mode, (longest_side, longest_side))
                if opened.width * opened.height > most_pixels:
                    raise too_large
                yield opened
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise refused from error
