"""The one table of prices, and the units that a month is counted in."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HOURS = 730
DAYS = 365 / 12
SECONDS = DAYS * 86_400
MILLION = 1_000_000


class NoPrice(Exception):
    """Something is to be paid for that the table does not know."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a month's bill, in USD."""

    group: str
    what: str
    usd: float


def price(name: str) -> float:
    """The price of a unit in USD. Raises NoPrice."""
    try:
        return float(table()["prices"][name])
    except KeyError:
        msg = f"infra/cost/prices.json has no price of {name}"
        raise NoPrice(msg) from None


def vcpus(database_class: str) -> int:
    """How many vCPUs a class of database has, which a proxy is paid by. Raises NoPrice."""
    try:
        return int(table()["vcpus"][database_class])
    except KeyError:
        msg = f"infra/cost/prices.json does not know how many vCPUs {database_class} has"
        raise NoPrice(msg) from None


@cache
def table() -> dict[str, dict[str, float]]:
    """The table with its date and its sources."""
    found: dict[str, dict[str, float]] = json.loads(
        (Path(__file__).parent / "prices.json").read_text()
    )
    return found
