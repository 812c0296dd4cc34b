"""Move the sales of another order service in, through the same pipeline that shoppers use."""

from apps.backfill.services.bookings import SETTLE, settle, start_settlement
from apps.backfill.services.completion import await_job, await_orders
from apps.backfill.services.opening_stock import make_catalogue
from apps.backfill.services.plans import plan_sales
from apps.backfill.services.sales_rows import read_sales
from apps.backfill.services.submission import PLACE, list_unsent, place_order, start_placement

__all__ = [
    "PLACE",
    "SETTLE",
    "await_job",
    "await_orders",
    "list_unsent",
    "make_catalogue",
    "place_order",
    "plan_sales",
    "read_sales",
    "settle",
    "start_placement",
    "start_settlement",
]
