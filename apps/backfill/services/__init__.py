"""Move the sales of another order service in, through the same pipeline that shoppers use."""

from apps.backfill.services.reading import read_sales
from apps.backfill.services.replaying import replay, settle
from apps.backfill.services.stocking import make_catalogue

__all__ = ["make_catalogue", "read_sales", "replay", "settle"]
