"""Renditions of pictures: what is made, once, and what is said of a file of which nothing can be made."""

import io
from array import array
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from PIL import Image

from apps.catalog import gateways, selectors, services
from apps.catalog.errors import PictureRefused, PictureTooLarge
from apps.catalog.models import Picture, ProductImage
from apps.catalog.rules import MOST_BYTES, WIDTHS, rendition_name, widths_of
from apps.catalog.tasks import make_renditions
from ecommerce.celery import app
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.shop import open_market, stock_variant
from tests.pages import squeezed

pytestmark = pytest.mark.django_db
NAME = "products/soap.jpg"


def painted(
    width: int, height: int, *, form: str = "JPEG", mode: str = "RGB", **saved: Any
) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    picture = Image.new(mode, (width, height), "red")
    picture.paste(Image.new(mode, (width - width // 2, height), "blue"), (width // 2, 0))
    out = io.BytesIO()
    picture.save(out, form, **saved)
    return out.getvalue()


def grey_ramp(width: int, **saved: Any) -> bytes:
    """A PNG of 16 bits, as scanners write it: black at the left, white at the right."""
    levels = array("H", [round(x * 65535 / (width - 1)) for x in range(width)] * 10)
    ramp = Image.frombytes("I;16", (width, 10), levels.tobytes())
    out = io.BytesIO()
    ramp.save(out, "PNG", **saved)
    return out.getvalue()


def turned(width: int, height: int) -> bytes:
    """A photograph of a telephone that was held upright: to be turned by 90 degrees, and with a place."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken at home"
    return painted(width, height, exif=exif)


@pytest.fixture(autouse=True)
def _empty_bucket() -> Iterator[None]:
    yield
    for folder in ("products", "renditions/products"):
        try:
            for name in default_storage.listdir(folder)[1]:
                default_storage.delete(f"{folder}/{name}")
        except FileNotFoundError:
            pass


def upload(content: bytes, *, name: str = NAME) -> None:
    """Put a file into the bucket, over what was there, as the console of S3 does."""
    default_storage.delete(name)
    assert default_storage.save(name, ContentFile(content)) == name


def stored(picture: Picture, *, width: int) -> Image.Image:
    name = rendition_name(name=picture.name, fingerprint=picture.fingerprint, width=width)
    with default_storage.open(name) as file:
        return Image.open(io.BytesIO(file.read()))


class TestTheWidths:
    @pytest.mark.parametrize(
        ("width", "expected"),
        [(1, (1,)), (160, (160,)), (161, (160, 161)), (800, (160, 320, 640, 800))],
    )
    def test_are_never_above_the_picture(self, width: int, expected: tuple[int, ...]) -> None:
        assert widths_of(width) == expected

    def test_end_where_no_screen_shows_more(self) -> None:
        assert widths_of(9_000) == WIDTHS


class TestMaking:
    def test_writes_every_width_as_webp(self) -> None:
        upload(painted(700, 350))

        services.make_renditions(name=NAME)

        picture = Picture.objects.get()
        assert (picture.width, picture.height, picture.refusal) == (700, 350, "")
        assert picture.widths == [160, 320, 640, 700]
        for width in picture.widths:
            rendition = stored(picture, width=width)
            assert (rendition.format, rendition.size) == ("WEBP", (width, round(width / 2)))

    def test_turns_what_lies_and_tells_nobody_where_it_was_taken(self) -> None:
        upload(turned(2000, 1000))

        services.make_renditions(name=NAME)

        picture = Picture.objects.get()
        assert (picture.width, picture.height) == (1000, 2000)
        rendition = stored(picture, width=160)
        assert rendition.size == (160, 320)
        top, bottom = (rendition.convert("RGB").getpixel((80, y)) for y in (10, 310))
        assert isinstance(top, tuple)
        assert isinstance(bottom, tuple)
        assert top[0] > 4 * top[2]
        assert bottom[2] > 4 * bottom[0]
        assert len(rendition.getexif()) == 0

    def test_keeps_what_is_transparent(self) -> None:
        upload(painted(200, 200, form="PNG", mode="RGBA"), name="products/a.png")
        clear = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
        out = io.BytesIO()
        clear.save(out, "PNG")
        upload(out.getvalue(), name="products/a.png")

        services.make_renditions(name="products/a.png")

        assert stored(Picture.objects.get(), width=160).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]

    @pytest.mark.parametrize(("mode", "form"), [("CMYK", "JPEG"), ("L", "PNG"), ("P", "PNG")])
    def test_takes_other_kinds_of_colour(self, mode: str, form: str) -> None:
        out = io.BytesIO()
        Image.new(mode, (300, 300)).save(out, form)
        upload(out.getvalue())

        services.make_renditions(name=NAME)

        assert Picture.objects.get().widths == [160, 300]

    @pytest.mark.parametrize("transparency", [{}, {"transparency": 65535}])
    def test_brings_grey_of_sixteen_bits_down_to_eight(self, transparency: dict[str, int]) -> None:
        upload(grey_ramp(400, **transparency), name="products/ramp.png")
        make_renditions(names=["products/ramp.png"])

        drawn = stored(Picture.objects.get(), width=400).convert("L")
        levels = [drawn.getpixel((x, 5)) for x in (0, 100, 200, 300, 399)]
        assert levels == pytest.approx([0, 64, 128, 192, 255], abs=4)

    def test_takes_the_first_frame_of_what_moves(self) -> None:
        frames = [Image.new("RGB", (300, 200), colour) for colour in ("red", "blue")]
        out = io.BytesIO()
        frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=100)
        upload(out.getvalue())

        make_renditions(names=[NAME])

        drawn = stored(Picture.objects.get(), width=300).convert("RGB")
        assert drawn.getpixel((9, 9)) == pytest.approx((255, 0, 0), abs=8)

    def test_twice_draws_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        upload(painted(300, 300))
        services.make_renditions(name=NAME)
        before = Picture.objects.values().get()
        monkeypatch.setattr(gateways, "draw", pytest.fail)

        services.make_renditions(name=NAME)

        assert Picture.objects.values().get() == before

    def test_of_another_file_under_the_same_name_draws_anew(self) -> None:
        upload(painted(300, 300))
        services.make_renditions(name=NAME)
        old = Picture.objects.get()
        upload(painted(200, 100))

        services.make_renditions(name=NAME)

        new = Picture.objects.get()
        assert (new.width, new.widths) == (200, [160, 200])
        assert new.fingerprint != old.fingerprint
        # Pages that were kept still show the old ones.
        assert stored(old, width=300).size == (300, 300)

    def test_that_comes_late_does_not_undo_what_is_newer(self) -> None:
        upload(painted(300, 300))
        later = timezone.now() + timedelta(seconds=5)
        Picture.objects.create(name=NAME, fingerprint="newer", read_at=later, widths=[160])

        services.make_renditions(name=NAME)

        assert Picture.objects.get().fingerprint == "newer"

    @pytest.mark.parametrize("name", ["renditions/products/a.jpg", "x.jpg", "../products/a.jpg"])
    def test_leaves_other_folders_alone(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gateways, "read_original", pytest.fail)

        services.make_renditions(name=name)

        assert not Picture.objects.exists()

    def test_of_a_file_that_is_gone_forgets_it(self) -> None:
        Picture.objects.create(name=NAME, fingerprint="x", read_at=timezone.now())

        services.make_renditions(name=NAME)

        assert not Picture.objects.exists()

    def test_raises_what_the_storage_raises(self, monkeypatch: pytest.MonkeyPatch) -> None:
        upload(painted(300, 300))

        def refuse(name: str, content: bytes) -> None:
            raise ConnectionError

        monkeypatch.setattr(gateways, "keep_rendition", refuse)

        with pytest.raises(ConnectionError):
            make_renditions(names=[NAME])
        assert not Picture.objects.exists()


class TestWhatCannotBeDrawn:
    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            (b"not a picture", PictureRefused),
            (painted(300, 300)[:900], PictureRefused),
            (painted(300, 300, form="GIF"), PictureRefused),
            (painted(20, 17_000, form="PNG"), PictureTooLarge),
            (painted(50_000, 801, form="PNG", mode="L"), PictureTooLarge),
            (b"\0" * (MOST_BYTES + 1), PictureTooLarge),
            (b"", PictureRefused),
        ],
        ids=["text", "cut off", "GIF", "longer than WebP can be", "bomb", "too large", "empty"],
    )
    def test_is_written_down_and_does_not_come_again(
        self, content: bytes, refusal: type[PictureRefused]
    ) -> None:
        upload(content)

        make_renditions(names=[NAME])

        picture = Picture.objects.get()
        assert (picture.refusal, picture.widths) == (refusal.message, [])

    def test_does_not_keep_the_next_from_being_drawn(self) -> None:
        upload(b"broken", name="products/a.jpg")
        upload(painted(300, 300), name="products/b.jpg")

        make_renditions(names=["products/a.jpg", "products/b.jpg"])

        assert [bool(one.refusal) for one in Picture.objects.order_by("name")] == [True, False]


def picture_row(**fields: Any) -> Picture:
    facts = {"fingerprint": "abc", "read_at": timezone.now(), "width": 800, "height": 600}
    return Picture.objects.create(name=NAME, **(facts | fields))


class TestShowing:
    def test_the_original_until_there_are_renditions(self) -> None:
        product = ProductFactory.create()
        ProductImage.objects.bulk_create(
            [ProductImage(product=product, image=NAME, width=900, height=700)]
        )

        shown = selectors.first_images([product.pk])[product.pk]

        assert (shown.url, shown.srcset) == (default_storage.url(NAME), "")
        assert (shown.width, shown.height) == (900, 700)

    def test_the_original_where_there_will_be_none(self) -> None:
        picture_row(refusal="broken")
        product = ProductFactory.create()
        ProductImage.objects.bulk_create(
            [ProductImage(product=product, image=NAME, alt="soap", width=8, height=8)]
        )

        assert selectors.first_images([product.pk])[product.pk].url == default_storage.url(NAME)

    def test_all_of_them_to_choose_from(self, client: Client) -> None:
        open_market()
        variant = stock_variant()
        picture_row(widths=[160, 320, 800])
        ProductImage.objects.bulk_create(
            [ProductImage(product=variant.product, image=NAME, alt="soap", width=8, height=8)]
        )
        urls = [
            default_storage.url(rendition_name(name=NAME, fingerprint="abc", width=width))
            for width in (160, 320, 800)
        ]
        srcset = f'srcset="{urls[0]} 160w, {urls[1]} 320w, {urls[2]} 800w" sizes="'

        page = squeezed(client.get(f"/p/{variant.product.slug}/").content.decode())
        listing = squeezed(client.get("/search/").content.decode())
        answer = client.get(f"/api/v1/products/{variant.product.slug}/").json()

        assert f'<img src="{urls[2]}" {srcset}' in page
        assert 'width="800" height="600"' in page
        assert f'<img src="{urls[2]}" {srcset}' in listing
        assert answer["images"][0]["url"] == urls[2]
        assert answer["images"][0]["srcset"].startswith(f"{urls[0]} 160w, ")

    def test_a_shelf_too(self, client: Client) -> None:
        open_market()
        picture_row(widths=[160, 320])
        CategoryFactory.create(slug="floors", picture=NAME)

        page = client.get("/c/floors/").content.decode()

        assert 'products/soap-abc-320.webp 320w" sizes="' in page

    def test_takes_as_many_statements_as_before(self, django_assert_num_queries: Any) -> None:
        product = ProductFactory.create()
        ProductImage.objects.bulk_create(
            [ProductImage(product=product, image=NAME, alt="soap", width=8, height=8)]
        )
        picture_row(widths=[160])

        with django_assert_num_queries(1):
            selectors.first_images([product.pk])


class TestTheCommand:
    def sent(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        found: list[Any] = []
        monkeypatch.setattr(
            app, "send_task", lambda name, kwargs, **_: found.append((name, kwargs["names"]))
        )
        return found

    def test_asks_for_what_is_missing(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        product = ProductFactory.create()
        names = [f"products/{number:02}.jpg" for number in range(22)]
        ProductImage.objects.bulk_create(
            ProductImage(product=product, image=name, alt="soap", width=8, height=8)
            for name in [*names, NAME]
        )
        CategoryFactory.create(picture="categories/a.jpg")
        CategoryFactory.create()
        picture_row()
        sent = self.sent(monkeypatch)

        call_command("make_renditions")

        assert [name for name, _ in sent] == ["catalog.make_renditions"] * 2
        assert [one for _, batch in sent for one in batch] == ["categories/a.jpg", *names]
        assert capsys.readouterr().out == "23 pictures asked for.\n"

        call_command("make_renditions", "--all")

        assert [one for _, batch in sent[2:] for one in batch] == ["categories/a.jpg", *names, NAME]


class TestTheBackOffice:
    @pytest.fixture
    def staff(self, client: Client) -> Client:
        client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        return client

    def test_says_what_is_wrong_beside_the_picture(self, staff: Client) -> None:
        product = ProductFactory.create()
        upload(b"broken")
        ProductImage.objects.bulk_create(
            [ProductImage(product=product, image=NAME, alt="soap", width=8, height=8)]
        )
        url = f"/admin/catalog/product/{product.pk}/change/"

        before = staff.get(url).content.decode()
        make_renditions(names=[NAME])
        after = staff.get(url).content.decode()

        assert "not looked at yet" in before
        assert "Cannot be shown in other sizes: This is not a JPEG, PNG or WebP picture" in after

    def test_lists_those_that_need_another_file(self, staff: Client) -> None:
        picture_row(refusal="This is not a JPEG, PNG or WebP picture that can be read.")

        listed = staff.get("/admin/catalog/picture/?refused=yes").content.decode()
        others = staff.get("/admin/catalog/picture/?refused=no").content.decode()

        assert NAME in listed
        assert NAME not in others
