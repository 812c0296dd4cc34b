"""Pictures that customers send with a request: checked and stored first, then put beside it."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.core.errors import NotFound
from apps.core.models import new_id
from apps.refunds import gateways
from apps.refunds.errors import AlreadyDecided, TooManyPictures
from apps.refunds.models import RefundPicture, RefundRequest
from apps.refunds.rules import MOST_PICTURES
from apps.refunds.types import NewPicture, RequestState


def add_pictures(*, request_id: UUID, pictures: Sequence[NewPicture]) -> None:
    """Put checked pictures beside an undecided request, five at most; all or none.

    Raises NotFound, AlreadyDecided, TooManyPictures.
    """
    check_room(request_id=request_id, count=len(pictures))
    stored: list[tuple[str, NewPicture]] = []
    try:
        for one in pictures:
            name = f"refunds/{request_id}/{new_id()}.webp"
            stored.append((gateways.keep_picture(name, one.content), one))
        _write(request_id, stored)
    except Exception:
        for name, _ in stored:
            gateways.drop_picture(name)
        raise


def check_room(*, request_id: UUID, count: int) -> None:
    """Refuse pictures for which a request has no room, before anybody draws or stores them.

    Raises NotFound, AlreadyDecided, TooManyPictures.
    """
    _room_of(RefundRequest.objects.filter(pk=request_id).first(), count=count)


def _room_of(request: RefundRequest | None, *, count: int) -> tuple[RefundRequest, int]:
    """The request, and how many pictures it has."""
    if request is None:
        raise NotFound
    if request.state != RequestState.REQUESTED:
        raise AlreadyDecided(state=request.state)
    there = request.pictures.count()
    if there + count > MOST_PICTURES:
        raise TooManyPictures
    return request, there


@transaction.atomic
def _write(request_id: UUID, stored: Sequence[tuple[str, NewPicture]]) -> None:
    locked = RefundRequest.objects.select_for_update().filter(pk=request_id).first()
    request, there = _room_of(locked, count=len(stored))
    RefundPicture.objects.bulk_create(
        RefundPicture(
            request=request,
            position=there + number,
            name=name,
            width=one.width,
            height=one.height,
        )
        for number, (name, one) in enumerate(stored)
    )


def check_pictures(files: Sequence[bytes]) -> list[NewPicture]:
    """What strangers send, drawn anew. Raises TooManyPictures, PictureTooLarge, PictureRefused."""
    if len(files) > MOST_PICTURES:
        raise TooManyPictures
    return [gateways.redraw(one) for one in files]


def read_picture(*, request_id: UUID, position: int) -> bytes | None:
    """The bytes of a request's picture, or None if there is none. Raises what the storage raises."""
    picture = RefundPicture.objects.filter(request=request_id, position=position).first()
    return gateways.read_picture(picture.name) if picture else None
