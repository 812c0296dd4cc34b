"""Pages as the tests ask for them and read them: how a template is laid out is no matter of theirs."""

import re
from typing import Any

from django.conf.locale import LANG_INFO
from django.http import HttpResponse
from django.test import Client
from django.urls import is_valid_path

from apps.core.types import Localization
from apps.storefront.rules import split_address


def squeezed(page: str) -> str:
    """A page in one line, without any space beside a `<` or a `>`."""
    return re.sub(r" ?([<>]) ?", r"\1", re.sub(r"\s+", " ", page))


class Shopper(Client):
    """A browser that sends what browsers send, and looks at the shop in one market and language: `/cart/` is
    `/gb/en/cart/`.
    """

    def __init__(
        self, *, market: str = "gb", language: str = "en", same_origin: bool = True, **defaults: Any
    ) -> None:
        headers = {"Sec-Fetch-Site": "same-origin"} if same_origin else {}
        super().__init__(headers={**headers, **defaults.pop("headers", {})}, **defaults)
        self.localization = Localization(market=market, language=language)

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """Ask for a page where the browser is, and for all else where it says."""
        return super().generic(method, self.at(path), *args, **kwargs)  # type: ignore[return-value]

    def at(self, path: str) -> str:
        """The address of a page where the browser is."""
        address = path.partition("?")[0]
        is_placed = split_address(address, languages=LANG_INFO) is not None
        if is_placed or not is_valid_path(address, "ecommerce.pages"):
            return path
        return self.localization.prefix.rstrip("/") + path
