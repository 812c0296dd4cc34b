"""What a shopper names at the checkout."""

from decimal import Decimal

from apps.checkout.types import WayToPay


def ways(
    token: str = "tok_success", amount: str | None = None, *, gateway: str = "fake"
) -> list[WayToPay]:
    """One way to pay: the whole, or an amount of it in major units."""
    named = Decimal(amount) if amount is not None else None
    return [WayToPay(gateway=gateway, token=token, amount=named)]
