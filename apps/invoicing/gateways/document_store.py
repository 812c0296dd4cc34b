"""Where documents are kept privately, and fonts for all to read."""

import logging

from django.core.files.base import ContentFile
from django.core.files.storage import storages

logger = logging.getLogger(__name__)


def keep(name: str, content: bytes) -> str:
    """Store a PDF where only our views can read it; returns the name it got."""
    return storages["documents"].save(name, ContentFile(content))


def read(name: str) -> bytes:
    """A stored PDF. Raises what the storage raises."""
    with storages["documents"].open(name) as file:
        return bytes(file.read())


def keep_font(name: str, content: bytes) -> None:
    """Put a font where whoever draws finds it, in place of one of that name."""
    media = storages["default"]
    if media.exists(f"fonts/{name}"):
        media.delete(f"fonts/{name}")
    media.save(f"fonts/{name}", ContentFile(content))


def find_font(name: str) -> bytes | None:
    """A font that was put there; None where there is none, or no answer."""
    try:
        with storages["default"].open(f"fonts/{name}") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None
    except Exception:
        logger.exception("the font %s cannot be read", name)
        return None
