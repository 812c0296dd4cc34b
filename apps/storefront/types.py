"""What a shopper sees of the catalogue in one market."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from apps.catalog.types import ShownPicture
from apps.core.types import Download, Localization


class MarketView(Protocol):
    """A market as far as a visitor is led to one: the countries it delivers to, the languages it speaks."""

    code: str

    @property
    def countries(self) -> Sequence[str]:
        """Codes of ISO 3166-1."""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """Tags of BCP 47; the first is the market's own."""
        ...


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of who asks for no market: what they chose before, the country that the edge saw
    (ISO 3166-1, empty if unknown), and the languages of their browser, the dearest first (BCP 47).
    """

    chosen: Localization | None = None
    country: str = ""
    accepted: tuple[str, ...] = ()


class Alternate(msgspec.Struct, frozen=True):
    """A market and language in which each page is, and the tag by which search engines know whom it is for."""

    hreflang: str
    localization: Localization


class IndexedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page that search engines shall find: its view with its arguments, when it changed, its pictures."""

    view: str
    arguments: tuple[str, ...] = ()
    changed_at: datetime | None = None
    pictures: tuple[str, ...] = ()


class ReturnableLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order, how many of its units can be sent back, and what it looks like.

    `free_later` are units that can go back once they have been sent.
    """

    order_line_id: int
    title: str
    options: str
    image: ShownPicture
    quantity: int
    free: int
    free_later: int


class CameBack(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, granted and issued about an order, as its status page tells.

    Something can go back now, or once it has been sent; `send_to` is the address for it.
    """

    requests: tuple[Any, ...]
    refunds: tuple[Any, ...]
    downloads: tuple[Download, ...]
    can_ask: bool
    can_ask_later: bool
    send_to: tuple[str, ...]

    @property
    def standing(self) -> str:
        """Changes whenever the page has something new to tell."""
        states = (one.state for one in (*self.requests, *self.refunds))
        return ".".join([*states, str(len(self.downloads)), str(int(self.can_ask))])
