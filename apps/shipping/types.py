import msgspec

from apps.core.types import Money


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A method that can carry a parcel, and what it costs (tax as the market says)."""

    code: str
    name: str
    promise: str
    price: Money
