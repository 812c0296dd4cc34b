"""Move the sales of another order service in, through the same pipeline that shoppers use."""

from apps.backfill.services.planning import plan_sales
from apps.backfill.services.reading import read_sales
from apps.backfill.services.replaying import forget_sent, list_unsent, replay
from apps.backfill.services.settling import settle
from apps.backfill.services.stocking import make_catalogue
from apps.backfill.services.waiting import await_orders

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
