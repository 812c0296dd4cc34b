"""Renditions of the pictures of the goods."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from apps.catalog import gateways
from apps.catalog.errors import PictureRefused, PictureTooLarge
from apps.catalog.models import Picture
from apps.catalog.rules import PICTURE_FOLDERS, rendition_name
from apps.catalog.selectors import list_unrendered

_AT_ONCE = 20


def make_renditions(*, name: str) -> None:
    """Make the renditions of an uploaded file, once for each content, and write down that they are there.

    What cannot be drawn is written down with the reason, and is done, too: the same file would fail
    again. Raises what the storage raises.
    """
    if not name.startswith(PICTURE_FOLDERS):
        return
    read_at = timezone.now()
    try:
        content = gateways.read_original(name)
    except FileNotFoundError:
        Picture.objects.filter(name=name, read_at__lt=read_at).delete()
        return
    except PictureTooLarge as refusal:
        _record(name, read_at=read_at, fingerprint="", refusal=str(refusal))
        return
    fingerprint = hashlib.sha256(content).hexdigest()[:16]
    if Picture.objects.filter(name=name, fingerprint=fingerprint).exists():
        return
    _record(
        name,
        read_at=read_at,
        fingerprint=fingerprint,
        **_draw(name, content, fingerprint=fingerprint),
    )


def _draw(name: str, content: bytes, *, fingerprint: str) -> dict[str, Any]:
    try:
        drawn = gateways.draw(content)
    except PictureRefused as refusal:
        return {"refusal": str(refusal)}
    for one in drawn.renditions:
        address = rendition_name(name=name, fingerprint=fingerprint, width=one.width)
        gateways.keep_rendition(address, one.content)
    return {
        "width": drawn.width,
        "height": drawn.height,
        "widths": [one.width for one in drawn.renditions],
    }


def _record(name: str, **found: Any) -> None:
    """Keep what was found, unless somebody has read a newer file since."""
    facts = {"width": 0, "height": 0, "widths": [], "refusal": "", **found}
    _, created = Picture.objects.get_or_create(name=name, defaults=facts)
    if not created:
        Picture.objects.filter(name=name, read_at__lt=facts["read_at"]).update(**facts)


def ask_for_renditions(*, again: bool = False) -> int:
    """Send a worker the pictures that nobody has looked at yet, or all; returns how many."""
    names: Sequence[str] = list_unrendered(all_of_them=again)
    for start in range(0, len(names), _AT_ONCE):
        gateways.send_to_queue(list(names[start : start + _AT_ONCE]))
    return len(names)
