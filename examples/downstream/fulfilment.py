"""Fulfilment: packs what it is asked for, at a human pace, and calls the shop back at each step.

Write RETURN TO SENDER into the second line of an address, and the parcel comes back.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid5

from examples.downstream.shop import Shop, Unreachable
from examples.downstream.system import Change, System, now

COMES_BACK = "RETURN TO SENDER"
# Seconds from the request to each step, at the pace of a demonstration.
_STEPS = {"accepted": 1, "picked": 3, "shipped": 6, "delivered": 12}


class Fulfilment(System):
    """A warehouse that sends everything, unless it is told in time that it need not."""

    name = "fulfilment"
    understands: ClassVar[frozenset[str]] = frozenset(
        {
            "accounts.customer.erased.v1",
            "orders.order.paid.v1",
            "orders.order.cancelled.v1",
            "shipping.shipment.requested.v1",
            "shipping.shipment.withdrawn.v1",
        }
    )
    tables = """
    CREATE TABLE IF NOT EXISTS step (
        shipment TEXT NOT NULL, number TEXT NOT NULL, status TEXT NOT NULL, due_at TEXT NOT NULL,
        done_at TEXT, answer INTEGER, PRIMARY KEY (shipment, status));
    CREATE TABLE IF NOT EXISTS withdrawn (shipment TEXT PRIMARY KEY);
    """

    def __init__(self, *, folder: Path, shop: Shop, pace: str = "") -> None:
        super().__init__(folder=folder)
        self._shop = shop
        self._pace = int(pace or os.environ.get("FULFILMENT_PACE", "100"))

    def work_in(self, event: str, data: Mapping[str, Any], *, at: str) -> None:
        """Plan the steps of a shipment that is asked for; remember one that is unwanted."""
        if event == "shipping.shipment.requested.v1":
            self._plan(data)
        elif event == "shipping.shipment.withdrawn.v1":
            # It may overtake the request, so it is remembered by itself.
            self.books.execute("INSERT OR IGNORE INTO withdrawn VALUES (?)", (data["shipment_id"],))

    def _plan(self, data: Mapping[str, Any]) -> None:
        comes_back = COMES_BACK in str((data["address"] or {}).get("line2", "")).upper()
        for status, seconds in _STEPS.items():
            told = "failed" if status == "delivered" and comes_back else status
            due = datetime.now(UTC) + timedelta(milliseconds=seconds * 10 * self._pace)
            self.books.execute(
                "INSERT OR IGNORE INTO step (shipment, number, status, due_at) VALUES (?, ?, ?, ?)",
                (data["shipment_id"], data["number"], told, due.isoformat()),
            )

    def tick(self) -> None:
        """Take the steps that are due; one that the shop could not hear is told again."""
        due = self.books.execute(
            "SELECT shipment, number, status FROM step WHERE done_at IS NULL AND due_at <= ?"
            " AND (status NOT IN ('accepted', 'picked', 'shipped')"
            "      OR shipment NOT IN (SELECT shipment FROM withdrawn))"
            " AND (status NOT IN ('delivered', 'failed') OR shipment IN"
            "      (SELECT shipment FROM step WHERE status = 'shipped' AND done_at IS NOT NULL))"
            " ORDER BY due_at LIMIT 50",
            (now(),),
        ).fetchall()
        for shipment, number, status in due:
            try:
                answer = self._shop.call_back(_callback(shipment, number, status))
            except Unreachable:
                return
            with Change(self.books):
                self.books.execute(
                    "UPDATE step SET done_at = ?, answer = ? WHERE shipment = ? AND status = ?",
                    (now(), answer, shipment, status),
                )

    def report(self) -> list[str]:
        """How many parcels have taken which step, and how many have a step before them."""
        rows = self.books.execute(
            "SELECT status, count(*) FROM step WHERE done_at IS NOT NULL GROUP BY 1 ORDER BY 2 DESC"
        )
        (waiting,) = self.books.execute(
            "SELECT count(DISTINCT shipment) FROM step WHERE done_at IS NULL"
        ).fetchone()
        return [*(f"{count} × {status}" for status, count in rows), f"{waiting} parcels under way"]


def _callback(shipment: str, number: str, status: str) -> dict[str, Any]:
    callback: dict[str, Any] = {
        # The same step always bears the same id: told twice, it counts once.
        "id": str(uuid5(UUID(shipment), status)),
        "shipment": shipment,
        "status": status,
        "occurred_at": now(),
    }
    if status == "shipped":
        callback["tracking"] = {
            "carrier": "Parcel Post",
            "number": f"PP-{number}",
            "url": f"https://parcels.example/{number}",
        }
    if status == "failed":
        callback["reason"] = "returned to sender"
    return callback
