"""What a change of stock says to the world. All run in the transaction of the change."""

from apps.events.services import publish
from apps.inventory import rules
from apps.inventory.events import StockLow


def announce_low(*, sku: str, before: int, after: int, low_stock_at: int | None) -> None:
    """Say that few units are left, if the change has just made it so."""
    if low_stock_at is not None and rules.is_now_low(
        before=before, after=after, low_stock_at=low_stock_at
    ):
        publish(StockLow(sku=sku, free=after, threshold=low_stock_at))
