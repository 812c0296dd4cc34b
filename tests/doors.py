"""Change what stands behind the shop's doors, for one test: `SHOP` in the settings."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from pytest_django import Settings


def enter(settings: Settings, section: str, **entries: Mapping[str, Any] | None) -> None:
    """Enter backends under their names, or take out those that are None."""
    shop = deepcopy(settings.SHOP)
    shop[section] = {
        name: entry
        for name, entry in {**shop.get(section, {}), **entries}.items()
        if entry is not None
    }
    settings.SHOP = shop


def offer(settings: Settings, *names: str) -> None:
    """Offer these payment providers, and no others."""
    shop = deepcopy(settings.SHOP)
    for name, entry in shop["PAYMENT_PROVIDERS"].items():
        entry["OFFERED"] = name in names
    settings.SHOP = shop


def tell(settings: Settings, section: str, name: str, **values: object) -> None:
    """Give a backend other options or secrets."""
    shop = deepcopy(settings.SHOP)
    entry = shop[section][name]
    for key, value in values.items():
        part = "SECRETS" if key in entry.get("SECRETS", {}) else "OPTIONS"
        entry.setdefault(part, {})[key] = value
    settings.SHOP = shop
