"""How plain values read for people, and who is asking."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import formats, translation

from apps.core.types import Money, exponent_of

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}


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
    leads = (translation.get_language() or "en").startswith("en")
    if leads:
        gap = "" if len(symbol) == 1 else "\N{NO-BREAK SPACE}"
        return f"{sign}{symbol}{gap}{number}"
    return f"{sign}{number}\N{NO-BREAK SPACE}{symbol}"


def client_address(meta: Mapping[str, Any]) -> str:
    """The address a request came from; as many proxies in front are believed as NUM_PROXIES says."""
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", ""))
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if settings.NUM_PROXIES and hops:
        believed: int = min(settings.NUM_PROXIES, len(hops))
        return hops[-believed]
    return str(meta.get("REMOTE_ADDR", ""))
