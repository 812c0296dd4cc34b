"""How Stripe writes amounts, and how it signs."""

from decimal import Decimal

from apps.core.rules import is_signed
from apps.core.types import Money, exponent_of

# How many decimals Stripe's amounts have where it is not two, and where that differs from ISO 4217:
# ISK and UGX are written with two decimals that must be zero, MGA with none
# (https://docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases").
_STRIPE_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
         "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}  # fmt: skip
# The least that may be charged, in major units (https://docs.stripe.com/currencies, "Minimum and maximum charge
# amounts"). For others Stripe converts 0.50 USD on the day, which nobody here can know.
_STRIPE_LEAST = {
    "AED": "2", "AUD": "0.50", "BGN": "1", "BRL": "0.50", "CAD": "0.50", "CHF": "0.50", "CZK": "15",
    "DKK": "2.50", "EUR": "0.50", "GBP": "0.30", "HKD": "4", "HUF": "175", "INR": "0.50", "JPY": "50",
    "MXN": "10", "MYR": "2", "NOK": "3", "NZD": "0.50", "PLN": "2", "RON": "2", "SEK": "3",
    "SGD": "0.50", "THB": "10", "USD": "0.50",
}  # fmt: skip
# "Three-decimal currencies": the last digit must be zero.
_STRIPE_STEPS = {**dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10), "ISK": 100, "UGX": 100}


def stripe_amount(money: Money) -> int | None:
    """The amount as Stripe writes it, exactly; None where Stripe cannot express it."""
    up, down = _factors(money.currency)
    amount, rest = divmod(money.minor * up, down)
    if rest or amount % _STRIPE_STEPS.get(money.currency, 1):
        return None
    return amount


def stripe_least(currency: str) -> int:
    """The least amount that Stripe charges, in the shop's minor units; 0 where it is not known."""
    return int(Decimal(_STRIPE_LEAST.get(currency, "0")).scaleb(exponent_of(currency)))


def money_of_stripe(*, amount: int, currency: str) -> Money:
    """An amount of Stripe's as the shop's money; its parts below the currency's minor unit are cut."""
    up, down = _factors(currency.upper())
    return Money(amount * down // up, currency.upper())


def _factors(currency: str) -> tuple[int, int]:
    """What minor units are multiplied with, and divided by, to become Stripe's."""
    more = _STRIPE_EXPONENTS.get(currency, 2) - exponent_of(currency)
    return int(10 ** max(more, 0)), int(10 ** max(-more, 0))


def is_signed_by_stripe(*, body: bytes, header: str, secret: str, now: int) -> bool:
    """Whether one of the header's signatures is the secret's, for this body, and recent.

    While a secret is being replaced Stripe signs with both (https://docs.stripe.com/webhooks,
    "Verify webhook signatures manually").
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    codes = [value for name, _, value in parts if name == "v1"]
    return len(times) == 1 and any(
        is_signed(body=body, signature=f"t={times[0]},v1={code}", secret=secret, now=now)
        for code in codes[:5]
    )
