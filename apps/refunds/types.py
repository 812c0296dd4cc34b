import msgspec


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one order line that come back, and their amount in minor units of the order."""

    order_line_id: int
    quantity: int
    amount_minor: int


class CreditedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units that come back without a sale they belong to; minor units."""

    sku: str
    quantity: int
    amount_minor: int
