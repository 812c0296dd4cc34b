"""Strangers' pictures: what is no picture, or too much of one, is refused before it is decoded."""

import io
import struct
import zlib
from threading import Thread

import msgspec
import pytest
from django.core.files.storage import storages
from PIL import Image

from apps.core.errors import NotFound
from apps.core.gateways import opened_picture
from apps.core.models import new_id
from apps.refunds import gateways
from apps.refunds.errors import (
    AlreadyDecided,
    PictureRefused,
    PictureTooLarge,
    TooManyPictures,
)
from apps.refunds.models import RefundPicture
from apps.refunds.services import (
    add_pictures,
    check_pictures,
    check_room,
    read_picture,
    refuse_request,
)
from apps.refunds.types import NewPicture
from tests.factories.refunds import ask_back, bought


def picture(*, kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, "teal").save(drawn, format=kind, **options)
    return drawn.getvalue()


def bomb(*, side: int) -> bytes:
    """A PNG that says it is huge, in a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checked = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checked)

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


class TestCheckPictures:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_draws_them_anew_as_webp(self, kind: str) -> None:
        (checked,) = check_pictures([picture(kind=kind)])

        assert (checked.width, checked.height) == (40, 30)
        assert Image.open(io.BytesIO(checked.content)).format == "WEBP"

    def test_leaves_out_what_the_camera_wrote_and_turns_them_upright(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        exif[0x010F] = "a camera that knows where you live"

        (checked,) = check_pictures([picture(exif=exif)])

        assert (checked.width, checked.height) == (30, 40)
        assert not Image.open(io.BytesIO(checked.content)).getexif()
        assert b"camera" not in checked.content

    def test_makes_large_ones_smaller(self) -> None:
        (checked,) = check_pictures([picture(size=(4000, 1000))])

        assert (checked.width, checked.height) == (2000, 500)

    def test_takes_a_photograph_that_is_large_but_cheap_to_read(self) -> None:
        (checked,) = check_pictures([picture(size=(6000, 5000))])

        assert (checked.width, checked.height) == (2000, 1667)

    def test_puts_what_is_see_through_on_white(self) -> None:
        drawn = io.BytesIO()
        Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(drawn, "PNG")

        (checked,) = check_pictures([drawn.getvalue()])

        assert Image.open(io.BytesIO(checked.content)).convert("RGB").getpixel((9, 9)) == (
            255,
            255,
            255,
        )

    def test_shows_grey_of_sixteen_bits_as_grey(self) -> None:
        drawn = io.BytesIO()
        Image.new("I;16", (40, 30), 32_768).save(drawn, "PNG")

        (checked,) = check_pictures([drawn.getvalue()])

        level = Image.open(io.BytesIO(checked.content)).convert("L").getpixel((9, 9))
        assert level == pytest.approx(127, abs=3)

    def test_are_opened_one_at_a_time(self) -> None:
        """Eight of 16 million pixels at once would be a gigabyte."""
        kinds = {"too_large": PictureTooLarge, "refused": PictureRefused}
        second = Thread(target=check_pictures, args=([picture()],), daemon=True)

        with opened_picture(picture(), most_pixels=10_000, **kinds):
            second.start()
            second.join(0.3)
            assert second.is_alive()

        second.join(5)
        assert not second.is_alive()

    @pytest.mark.parametrize("side", [4001, 7000, 13_000, 40_000])
    def test_refuses_a_bomb(self, side: int) -> None:
        with pytest.raises(PictureTooLarge):
            check_pictures([bomb(side=side)])

    def test_refuses_too_many_bytes(self) -> None:
        with pytest.raises(PictureTooLarge):
            check_pictures([b"x" * (10 * 1024 * 1024 + 1)])

    @pytest.mark.parametrize(
        "content",
        [b"", b"<svg onload=alert(1)>", b"GIF89a" + b"\0" * 40, picture()[:200], bomb(side=100)],
    )
    def test_refuses_what_is_no_picture(self, content: bytes) -> None:
        with pytest.raises(PictureRefused):
            check_pictures([content])

    def test_refuses_a_sixth(self) -> None:
        with pytest.raises(TooManyPictures):
            check_pictures([picture()] * 6)


@pytest.mark.django_db
class TestAddPictures:
    one = NewPicture(content=b"a picture", width=1, height=1)

    def test_keeps_them_privately(self) -> None:
        request = ask_back(bought())

        add_pictures(request_id=request.pk, pictures=[self.one, self.one])

        first, second = RefundPicture.objects.order_by("position")
        assert first.name.startswith(f"refunds/{request.pk}/")
        assert first.name != second.name
        with storages["documents"].open(first.name) as file:
            assert file.read() == b"a picture"

    def test_shows_those_of_the_request_that_is_asked_for(self) -> None:
        first, second = ask_back(bought()), ask_back(bought())
        for number, request in enumerate((first, second)):
            shown = msgspec.structs.replace(self.one, content=b"of %d" % number)
            add_pictures(request_id=request.pk, pictures=[shown])
        (position,) = RefundPicture.objects.filter(request=second).values_list(
            "position", flat=True
        )

        assert read_picture(request_id=first.pk, position=position) == b"of 0"
        assert read_picture(request_id=second.pk, position=position) == b"of 1"
        assert read_picture(request_id=second.pk, position=position + 1) is None

    def test_takes_five_in_all_and_leaves_nothing_of_a_sixth(self) -> None:
        request = ask_back(bought())
        add_pictures(request_id=request.pk, pictures=[self.one] * 4)

        with pytest.raises(TooManyPictures):
            add_pictures(request_id=request.pk, pictures=[self.one] * 2)

        with pytest.raises(TooManyPictures):
            check_room(request_id=request.pk, count=2)
        check_room(request_id=request.pk, count=1)
        assert RefundPicture.objects.count() == 4
        assert len(storages["documents"].listdir(f"refunds/{request.pk}")[1]) == 4

    def test_leaves_nothing_behind_where_the_storage_gives_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        request = ask_back(bought())
        keep = gateways.keep_picture

        def give_out(name: str, content: bytes) -> str:
            if content == b"the last":
                raise OSError
            return keep(name, content)

        monkeypatch.setattr(gateways, "keep_picture", give_out)
        last = NewPicture(content=b"the last", width=1, height=1)

        with pytest.raises(OSError):  # noqa: PT011 - it has no words
            add_pictures(request_id=request.pk, pictures=[self.one, last])

        assert not RefundPicture.objects.exists()
        assert storages["documents"].listdir(f"refunds/{request.pk}")[1] == []

    def test_is_too_late_once_it_is_decided(self) -> None:
        request = ask_back(bought())
        refuse_request(request_id=request.pk, actor_id=7, reason="no")

        with pytest.raises(AlreadyDecided):
            add_pictures(request_id=request.pk, pictures=[self.one])

    def test_needs_a_request(self) -> None:
        with pytest.raises(NotFound):
            add_pictures(request_id=new_id(), pictures=[self.one])
