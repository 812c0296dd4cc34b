"""How plain values read for people, what day it is for the law, and who is asking."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import date, datetime
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils import formats, timezone, translation

from apps.core.types import (
    Brand,
    Download,
    Localization,
    Money,
    exponent_of,
)

# The languages that write a currency's symbol before the amount; CLDR 46, currencyFormats.
_SYMBOL_LEADS = frozenset({"en", "ja", "ko", "th", "zh"})
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}


def brand() -> Brand:
    """Whose shop it is, as the settings say. Raises msgspec.ValidationError for what is missing."""
    return msgspec.convert(settings.SHOP["BRAND"], Brand)


def money_text(money: Money) -> str:
    """The amount as a person writes it in the active language: £4.20, 4,20 €."""
    symbol = _SYMBOLS.get(money.currency, money.currency)
    sign = "−" if money.minor < 0 else ""
    number = formats.number_format(
        abs(money.amount),
        decimal_pos=exponent_of(money.currency),
        use_l10n=True,
        force_grouping=True,
    )
    if (translation.get_language() or "en").partition("-")[0] in _SYMBOL_LEADS:
        gap = "" if len(symbol) == 1 else "\N{NO-BREAK SPACE}"
        return f"{sign}{symbol}{gap}{number}"
    return f"{sign}{number}\N{NO-BREAK SPACE}{symbol}"


def day_of(moment: datetime) -> date:
    """The day of a moment where the seller is (SELLER_TIME_ZONE): what papers, terms and years go by.

    The only way from a moment to a day. Source: an invoice's dates and its place in a series are those of
    the Member State that it is issued under (Directive 2006/112/EC, Art. 219a and 226).
    """
    return timezone.localdate(moment, timezone.get_default_timezone())


_mounted: ContextVar[Localization | None] = ContextVar("localization", default=None)


@contextmanager
def mounted_at(localization: Localization) -> Iterator[None]:
    """Whatever address is made meanwhile is one of this market's pages, in this language.

    Inside of another it takes its place. The pages are mounted there as WSGI mounts an application (SCRIPT_NAME of PEP 3333), so `reverse` and
    `{% url %}` need not be told.
    """
    before, outer = get_script_prefix(), _mounted.get()
    root = before.removesuffix(outer.prefix) if outer else before.rstrip("/")
    token = _mounted.set(localization)
    set_script_prefix(root + localization.prefix)
    try:
        yield
    finally:
        set_script_prefix(before)
        _mounted.reset(token)


def page_address(page: str, *arguments: object, localization: Localization | None = None) -> str:
    """The whole address of a page of the front end (PAGES), for where there is no request.

    Without a localization it leads on to the one that fits whoever opens it.
    """
    with mounted_at(localization) if localization else nullcontext():
        path = reverse(settings.PAGES[page], args=arguments)
    return f"{brand().origin}{path}"


ListDownloads = Callable[[UUID, str], Iterable[Download]]
_listings: list[ListDownloads] = []


def offers_downloads(listing: ListDownloads) -> ListDownloads:
    """Offer on an order's page what the function lists for the order's id and the page's key."""
    _listings.append(listing)
    return listing


def list_downloads(*, order_id: UUID, key: str) -> list[Download]:
    """What the installed apps offer of an order; each keeps its own order."""
    return [one for listing in _listings for one in listing(order_id, key)]


def client_address(meta: Mapping[str, Any]) -> str:
    """Who asks, as limits count it: an IPv4 address, or the /64 of an IPv6 address, which is one
    household's or one server's, with more addresses than anybody could count.

    As many proxies in front are believed as NUM_PROXIES says.
    """
    told = _told_address(meta)
    try:
        address = ip_address(told)
    except ValueError:
        return told
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))


def _told_address(meta: Mapping[str, Any]) -> str:
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", ""))
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if settings.NUM_PROXIES and hops:
        believed: int = min(settings.NUM_PROXIES, len(hops))
        return hops[-believed]
    return str(meta.get("REMOTE_ADDR", ""))
