"""Which market and language an address names, and which fit a visitor."""

from collections.abc import Sequence

import msgspec
import pytest

from apps.core.types import Localization
from apps.storefront.rules import (
    alternates_of,
    choose_language,
    choose_localization,
    country_of,
    split_address,
)
from apps.storefront.types import Visitor

LANGUAGES = ("de", "en", "fr", "pt-br", "zh-hans")


class Market(msgspec.Struct):
    code: str
    countries: Sequence[str]
    languages: Sequence[str]


EU = Market("eu", ("AT", "DE", "FR", "ES"), ("de", "en", "fr", "es", "ar"))
GB = Market("gb", ("GB",), ("en", "de"))
US = Market("us", ("US",), ("en", "es"))
JP = Market("jp", ("JP",), ("ja", "en"))
MARKETS = (EU, GB, US, JP)


class TestAddress:
    @pytest.mark.parametrize(
        ("path", "market", "language", "rest"),
        [
            ("/gb/en/", "gb", "en", "/"),
            ("/eu/de/p/soap/", "eu", "de", "/p/soap/"),
            ("/br/pt-br/cart/", "br", "pt-br", "/cart/"),
            ("/cn/zh-hans/", "cn", "zh-hans", "/"),
            ("/world-wide/en/a\nb", "world-wide", "en", "/a\nb"),
        ],
    )
    def test_begins_with_a_market_and_a_language(
        self, path: str, market: str, language: str, rest: str
    ) -> None:
        assert split_address(path, languages=LANGUAGES) == (
            Localization(market=market, language=language),
            rest,
        )

    @pytest.mark.parametrize(
        "path",
        [
            "/", "/gb/", "/gb/en", "/g/en/", "/gb/xx/", "/p/mop/", "/c/de-luxe/", "/GB/en/",
            "/gb/EN/", "/account/log-in/", "/world-wide-web/en/", "/api/v1/carts/", "gb/en/",
            "/x/gb/en/",
        ],
    )  # fmt: skip
    def test_of_anything_else_names_none(self, path: str) -> None:
        assert split_address(path, languages=LANGUAGES) is None

    def test_is_what_a_localization_begins_with(self) -> None:
        assert Localization(market="eu", language="de").prefix == "/eu/de/"


def led_to(visitor: Visitor, *, markets: Sequence[Market] = MARKETS) -> str:
    return choose_localization(markets, visitor=visitor, default_market="gb").prefix


class TestVisitor:
    @pytest.mark.parametrize(
        ("country", "accepted", "prefix"),
        [
            ("", (), "/gb/en/"),
            ("DE", (), "/eu/de/"),
            ("DE", ("en-us",), "/eu/en/"),
            ("FR", ("it", "fr-ca", "en"), "/eu/fr/"),
            ("", ("de-de", "en"), "/eu/de/"),
            ("", ("de",), "/eu/de/"),
            ("", ("ja",), "/jp/ja/"),
            ("", ("en",), "/us/en/"),
            ("", ("en-gb",), "/gb/en/"),
            ("", ("ar",), "/gb/en/"),
            ("", ("ar", "es"), "/eu/ar/"),
            ("CH", ("de-ch",), "/gb/de/"),
            ("CH", ("de-ch", "fr"), "/eu/de/"),
            ("XX", ("tlh",), "/gb/en/"),
        ],
    )
    def test_is_led_to_where_they_are_then_to_what_they_read(
        self, country: str, accepted: tuple[str, ...], prefix: str
    ) -> None:
        assert led_to(Visitor(country=country, accepted=accepted)) == prefix

    def test_is_led_to_what_they_chose(self) -> None:
        chosen = Localization(market="us", language="es")

        assert led_to(Visitor(chosen=chosen, country="DE", accepted=("de",))) == "/us/es/"

    def test_is_led_to_what_is_left_of_what_they_chose(self) -> None:
        gone = Localization(market="mars", language="de")
        unspoken = Localization(market="us", language="de")

        assert led_to(Visitor(chosen=gone, country="FR", accepted=("fr",))) == "/eu/de/"
        assert led_to(Visitor(chosen=unspoken, accepted=("es",))) == "/us/es/"

    def test_is_led_to_the_first_market_where_none_fits_and_none_is_home(self) -> None:
        assert led_to(Visitor(), markets=(JP, US)) == "/jp/ja/"


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ([], "de"),
        (["FR-be"], "fr"),
        (["it", "AR"], "ar"),
        (["deu"], "de"),
        (["x", "en"], "en"),
        (["zh-hant-hk", "fr"], "zh"),
        (["zh-hant-tw", "es"], "zh-hant-tw"),
    ],
)
def test_a_market_speaks_the_first_language_wanted_that_it_has(
    wanted: list[str], language: str
) -> None:
    market = Market("eu", ("DE",), (*EU.languages, "zh-hant-tw", "zh"))

    assert choose_language(market, wanted=wanted) == language


@pytest.mark.parametrize(
    ("tag", "country"),
    [
        ("de-AT", "AT"), ("de", "DE"), ("en", "US"), ("EN", "US"), ("zh-Hant-TW", "TW"),
        ("zh-hant", "CN"), ("sv", "SE"), ("es-419", "ES"),
    ],
)  # fmt: skip
def test_a_language_is_at_home_in_a_country(tag: str, country: str) -> None:
    assert country_of(tag) == country


class TestAlternates:
    def test_name_the_country_where_there_is_one(self) -> None:
        found = {one.hreflang: one.localization.prefix for one in alternates_of([GB, US])}

        assert found == {
            "en-GB": "/gb/en/",
            "de-GB": "/gb/de/",
            "en-US": "/us/en/",
            "es-US": "/us/es/",
        }

    def test_are_for_all_who_speak_the_language_in_the_first_market_of_many_countries(self) -> None:
        north = Market("north", ("DK", "SE"), ("en", "de"))

        found = [(one.hreflang, one.localization.prefix) for one in alternates_of([EU, north])]

        assert found == [
            ("de", "/eu/de/"),
            ("en", "/eu/en/"),
            ("fr", "/eu/fr/"),
            ("es", "/eu/es/"),
            ("ar", "/eu/ar/"),
            ("en-DK", "/north/en/"),
            ("en-SE", "/north/en/"),
            ("de-DK", "/north/de/"),
            ("de-SE", "/north/de/"),
        ]

    def test_of_two_countries_are_for_all_who_speak_the_language(self) -> None:
        isles = Market("isles", ("GB", "IE"), ("en",))

        assert [one.hreflang for one in alternates_of([isles])] == ["en"]

    def test_are_given_once(self) -> None:
        twin = Market("twin", ("GB",), ("en",))

        assert [one.localization.market for one in alternates_of([GB, twin])] == ["gb", "gb"]
