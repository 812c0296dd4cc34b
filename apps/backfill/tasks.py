from typing import Any

import msgspec

from apps.backfill import services
from apps.backfill.types import Booking, PlannedOrder
from apps.jobs.services import work


@work(services.PLACE, repeatable=True)
def place(_key: str, *, planned: dict[str, Any], **_future: Any) -> None:
    """Put an order of the plan on the queue; its id makes a second message harmless."""
    services.place_order(msgspec.convert(planned, PlannedOrder))


@work(services.SETTLE)
def settle(_key: str, *, planned: dict[str, Any], **_future: Any) -> None:
    """Book a return, a credit or an adjustment of the plan. Raises NotBooked."""
    services.settle(msgspec.convert(planned, Booking))
