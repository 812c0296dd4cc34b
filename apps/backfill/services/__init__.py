"""Move the sales of another order service in, through the same pipeline that shoppers use."""

from apps.backfill.services.bookings import settle
from apps.backfill.services.completion import await_orders
from apps.backfill.services.opening_stock import make_catalogue
from apps.backfill.services.plans import plan_sales
from apps.backfill.services.sales_rows import read_sales
from apps.backfill.services.submission import forget_sent, list_unsent, replay

__all__ = [
    "await_orders",
    "forget_sent",
    "list_unsent",
    "make_catalogue",
    "plan_sales",
    "read_sales",
    "replay",
    "settle",
]
