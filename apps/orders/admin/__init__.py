"""What staff see of orders, and decide about them."""

from apps.orders.admin.missing import MissingOrderAdmin
from apps.orders.admin.orders import OrderAdmin

__all__ = ["MissingOrderAdmin", "OrderAdmin"]
