"""Promise units to orders, free them again, and move them in and out of the houses."""

from apps.inventory.services.moving import move_stock, set_opening_stock, take_back
from apps.inventory.services.releasing import release_expired, release_stock
from apps.inventory.services.reserving import keep_reservation, quantities_of, reserve_stock
from apps.inventory.services.shipping import ship_stock

__all__ = [
    "keep_reservation",
    "move_stock",
    "quantities_of",
    "release_expired",
    "release_stock",
    "reserve_stock",
    "set_opening_stock",
    "ship_stock",
    "take_back",
]
