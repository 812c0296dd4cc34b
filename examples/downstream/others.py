"""Inventory, CRM and support: each keeps what matters to it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from examples.downstream.system import System


class Inventory(System):
    """What left which house, and what runs low."""

    name = "inventory"
    understands: ClassVar[frozenset[str]] = frozenset(
        {
            "orders.order.placed.v1",
            "orders.order.cancelled.v1",
            "shipping.shipment.shipped.v1",
            "shipping.shipment.delivered.v1",
            "shipping.shipment.failed.v1",
            "shipping.shipment.overdue.v1",
            "refunds.refund.requested.v1",
            "refunds.refund.approved.v1",
            "refunds.refund.refused.v1",
            "inventory.stock.low.v1",
        }
    )
    tables = """
    CREATE TABLE IF NOT EXISTS gone (
        sku TEXT, warehouse TEXT, units INTEGER NOT NULL, PRIMARY KEY (sku, warehouse));
    CREATE TABLE IF NOT EXISTS low (sku TEXT PRIMARY KEY, free INTEGER, threshold INTEGER, at TEXT);
    """

    def work_in(self, event: str, data: Mapping[str, Any], *, at: str) -> None:
        """Count what left a house, and keep the latest word of what runs low."""
        if event == "shipping.shipment.shipped.v1":
            for line in data["lines"]:
                self.books.execute(
                    "INSERT INTO gone VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                    " SET units = units + excluded.units",
                    (line["sku"], data["warehouse"], line["quantity"]),
                )
        elif event == "inventory.stock.low.v1":
            self.books.execute(
                "INSERT INTO low VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET free = excluded.free, threshold = excluded.threshold, at = excluded.at"
                " WHERE at < excluded.at",
                (data["sku"], data["free"], data["threshold"], at),
            )

    def report(self) -> list[str]:
        """How many units left each house, and the ten SKUs of which the fewest are left."""
        gone = self.books.execute("SELECT warehouse, sum(units) FROM gone GROUP BY 1 ORDER BY 1")
        low = self.books.execute("SELECT sku, free FROM low ORDER BY free LIMIT 10")
        return [
            *(f"{units} units left {house}" for house, units in gone),
            *(f"{sku} runs low: {free} free" for sku, free in low),
        ] or ["nothing has left yet"]


class Crm(System):
    """What happened to whom, in order."""

    name = "crm"
    understands: ClassVar[frozenset[str]] = frozenset(
        {
            "accounts.customer.registered.v1",
            "accounts.customer.updated.v1",
            "accounts.customer.erased.v1",
            "orders.order.placed.v1",
            "orders.order.paid.v1",
            "orders.order.rejected.v1",
            "orders.order.cancelled.v1",
            "shipping.shipment.shipped.v1",
            "shipping.shipment.delivered.v1",
            "shipping.shipment.failed.v1",
            "shipping.shipment.overdue.v1",
            "refunds.refund.requested.v1",
            "refunds.refund.approved.v1",
            "refunds.refund.refused.v1",
        }
    )
    tables = """
    CREATE TABLE IF NOT EXISTS happening (at TEXT, type TEXT, subject TEXT, email TEXT);
    CREATE TABLE IF NOT EXISTS standing (order_id TEXT PRIMARY KEY, state TEXT, email TEXT);
    """

    def work_in(self, event: str, data: Mapping[str, Any], *, at: str) -> None:
        """Note what happened to whom, and how each order stands; forget whom the shop erased."""
        subject = str(data.get("order_id") or data.get("customer_id") or "")
        if event == "accounts.customer.erased.v1":
            self._forget(subject)
        email = data.get("email")
        self.books.execute("INSERT INTO happening VALUES (?, ?, ?, ?)", (at, event, subject, email))
        # An older version of an order may arrive after a newer one, and is only history then.
        if event.startswith("orders.order.") and self.is_newer(subject, data["version"]):
            self.books.execute(
                "INSERT INTO standing VALUES (?, ?, ?) ON CONFLICT (order_id) DO UPDATE"
                " SET state = excluded.state, email = coalesce(excluded.email, email)",
                (subject, event.split(".")[2], email),
            )

    def _forget(self, customer_id: str) -> None:
        """Strike the addresses of a customer wherever they stand."""
        known = "SELECT email FROM happening WHERE subject = ? AND email IS NOT NULL"
        emails = self.books.execute(known, (customer_id,)).fetchall()
        for table in ("happening", "standing"):
            self.books.executemany(f"UPDATE {table} SET email = NULL WHERE email = ?", emails)  # noqa: S608

    def report(self) -> list[str]:
        """How many orders stand where, and how many e-mail addresses are known."""
        rows = self.books.execute("SELECT state, count(*) FROM standing GROUP BY 1 ORDER BY 2 DESC")
        (people,) = self.books.execute(
            "SELECT count(DISTINCT email) FROM happening WHERE email IS NOT NULL"
        ).fetchone()
        return [*(f"{count} orders {state}" for state, count in rows), f"{people} people known"]


class Support(System):
    """A ticket for whatever a person should look at."""

    name = "support"
    understands: ClassVar[frozenset[str]] = frozenset(
        {
            "accounts.customer.erased.v1",
            "orders.order.rejected.v1",
            "orders.order.cancelled.v1",
            "payments.payment.failed.v1",
            "payments.payment.disputed.v1",
            "shipping.shipment.failed.v1",
            "shipping.shipment.overdue.v1",
            "refunds.refund.requested.v1",
            "refunds.refund.approved.v1",
            "refunds.refund.refused.v1",
            "refunds.refund.failed.v1",
        }
    )
    tables = "CREATE TABLE IF NOT EXISTS ticket (at TEXT, kind TEXT, subject TEXT, reason TEXT);"

    def work_in(self, event: str, data: Mapping[str, Any], *, at: str) -> None:
        """Open a ticket about the order or customer, with the reason that the event gives."""
        subject = data.get("order_id") or data.get("reference") or data.get("customer_id") or ""
        self.books.execute(
            "INSERT INTO ticket VALUES (?, ?, ?, ?)",
            (at, event.removesuffix(".v1"), subject, data.get("reason", "")),
        )

    def report(self) -> list[str]:
        """How many tickets there are of each kind."""
        rows = self.books.execute("SELECT kind, count(*) FROM ticket GROUP BY 1 ORDER BY 2 DESC")
        return [f"{count} × {kind}" for kind, count in rows] or ["no tickets"]
