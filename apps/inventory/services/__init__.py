"""Promise units to orders, free them again, and move them in and out of the houses."""

from apps.inventory.services.counting import count_stock, write_off_stock
from apps.inventory.services.moving import move_stock, set_opening_stock, take_back
from apps.inventory.services.recounting import adopt_computed, recount
from apps.inventory.services.releasing import release_expired, release_parcel, release_stock
from apps.inventory.services.reserving import keep_reservation, quantities_of, reserve_stock
from apps.inventory.services.shipping import ship_stock, ship_unpromised
from apps.inventory.services.syncing import apply_report

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
