"""Promise units to orders, free them again, and move them in and out of the houses."""

from apps.inventory.services.counts import count_stock, write_off_stock
from apps.inventory.services.dispatch import ship_stock, ship_unpromised
from apps.inventory.services.level_reports import apply_report
from apps.inventory.services.movements import move_stock, set_opening_stock, take_back
from apps.inventory.services.recounts import adopt_computed, recount
from apps.inventory.services.releases import release_expired, release_parcel, release_stock
from apps.inventory.services.reservations import keep_reservation, quantities_of, reserve_stock

__all__ = [
    "adopt_computed",
    "apply_report",
    "count_stock",
    "keep_reservation",
    "move_stock",
    "quantities_of",
    "recount",
    "release_expired",
    "release_parcel",
    "release_stock",
    "reserve_stock",
    "set_opening_stock",
    "ship_stock",
    "ship_unpromised",
    "take_back",
    "write_off_stock",
]
