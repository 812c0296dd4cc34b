"""Which market and language an address names, and which of them fit a visitor best."""

import re
from collections.abc import Container, Sequence

from apps.core.types import Localization
from apps.storefront.types import Alternate, MarketView, Visitor

# `/eu/de/…`: a market's code, a language (BCP 47, a script or a region at the most), and the page.
_ADDRESS = re.compile(r"^/([a-z0-9-]{2,10})/([a-z]{2,3}(?:-[a-z]{2,4})?)(/.*)$", re.DOTALL)
# Where a language is spoken that is named without a country, unless its code is that of the country as
# well. Source: likelySubtags of Unicode CLDR 46.
_LIKELY_COUNTRIES = {
    "ar": "EG", "cs": "CZ", "da": "DK", "el": "GR", "en": "US", "ga": "IE", "he": "IL", "ja": "JP",
    "ko": "KR", "nb": "NO", "sl": "SI", "sv": "SE", "uk": "UA", "zh": "CN",
}  # fmt: skip


def split_address(path: str, *, languages: Container[str]) -> tuple[Localization, str] | None:
    """The market and one of the languages that a path begins with, and the rest of it; None if it does not."""
    found = _ADDRESS.match(path)
    if found is None or found[2] not in languages:
        return None
    market, language, rest = found.groups()
    return Localization(market=market, language=language), rest


def choose_localization(
    markets: Sequence[MarketView], *, visitor: Visitor, default_market: str
) -> Localization:
    """Where a visitor is led who names no market and language: to what they chose before, else to where
    they are, else to what their browser asks for. At least one market must be open.
    """
    chosen = visitor.chosen
    market = _market_of(markets, code=chosen.market) if chosen else None
    market = market or _nearest_market(markets, visitor=visitor, default_market=default_market)
    wanted = (chosen.language, *visitor.accepted) if chosen else visitor.accepted
    return Localization(market=market.code, language=choose_language(market, wanted=wanted))


def choose_language(market: MarketView, *, wanted: Sequence[str]) -> str:
    """The first of the wanted languages (BCP 47) that the market speaks, also without their region; else
    its own first.
    """
    for tag in wanted:
        language = tag.lower()
        for candidate in (language, language.partition("-")[0]):
            if candidate in market.languages:
                return candidate
    return market.languages[0]


def _market_of(markets: Sequence[MarketView], *, code: str) -> MarketView | None:
    return next((one for one in markets if one.code == code), None)


def _nearest_market(
    markets: Sequence[MarketView], *, visitor: Visitor, default_market: str
) -> MarketView:
    """The market that delivers to where the visitor is, or to where their language is from."""
    for country in (visitor.country, *map(country_of, visitor.accepted)):
        for market in markets:
            if country in market.countries:
                return market
    return _market_of(markets, code=default_market) or markets[0]


def country_of(tag: str) -> str:
    """The country (ISO 3166-1) that a language tag names, or in which its language is spoken most."""
    language, *subtags = tag.split("-")
    likely = _LIKELY_COUNTRIES.get(language.lower(), language)
    return next((one for one in subtags if len(one) == 2), likely).upper()


def alternates_of(markets: Sequence[MarketView]) -> list[Alternate]:
    """Every market and language with what its pages are announced as to search engines (RFC 5646).

    With the country where a market has one. The page of a market of many is for all who speak the language,
    if it is the first of those markets that does; else for each of its countries. No tag is given twice.
    """
    found: dict[str, Alternate] = {}
    for market in markets:
        for language in market.languages:
            place = Localization(market=market.code, language=language)
            is_common = len(market.countries) > 1 and language not in found
            tags = [language] if is_common else [f"{language}-{one}" for one in market.countries]
            for tag in tags:
                found.setdefault(tag, Alternate(hreflang=tag, localization=place))
    return list(found.values())
