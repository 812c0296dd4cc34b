"""Accounting: a double-entry journal. Whatever is posted balances, in each currency."""

from collections.abc import Mapping
from typing import Any, ClassVar

from examples.downstream.system import System

RECEIVABLE, CLEARING = "receivable from customers", "clearing with gateways"
REVENUE, TAX, RETURNS = "revenue", "tax payable", "sales returned"


class Unbalanced(Exception):
    """A posting whose two sides differ; nothing of it is written."""


class Accounting(System):
    """Posts what was sold, taken, granted back and paid back."""

    name = "accounting"
    understands: ClassVar[frozenset[str]] = frozenset(
        {
            "accounts.customer.erased.v1",
            "orders.order.paid.v1",
            "orders.order.cancelled.v1",
            "payments.payment.captured.v1",
            "payments.payment.refunded.v1",
            "payments.payment.refund_returned.v1",
            "payments.payment.failed.v1",
            "payments.payment.disputed.v1",
            "refunds.refund.requested.v1",
            "refunds.refund.approved.v1",
            "refunds.refund.refused.v1",
            "refunds.refund.failed.v1",
            "shipping.shipment.shipped.v1",
            "shipping.shipment.delivered.v1",
        }
    )
    tables = """
    CREATE TABLE IF NOT EXISTS posting (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, text TEXT NOT NULL, subject TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS entry (
        posting INTEGER NOT NULL REFERENCES posting, account TEXT NOT NULL, currency TEXT NOT NULL,
        debit INTEGER NOT NULL CHECK (debit >= 0), credit INTEGER NOT NULL CHECK (credit >= 0));
    """

    def work_in(self, event: str, data: Mapping[str, Any], *, at: str) -> None:
        """Post the money that the event moves, in minor units; tax stands apart from revenue."""
        if event == "orders.order.paid.v1":
            total, tax = data["total"], data["tax"]
            sold = {
                RECEIVABLE: total["minor"],
                REVENUE: tax["minor"] - total["minor"],
                TAX: -tax["minor"],
            }
            self.post(sold, total["currency"], at=at, text="sold", subject=data["order_id"])
        elif event == "payments.payment.captured.v1":
            self._move(data["amount"], CLEARING, RECEIVABLE, at=at, text="taken", data=data)
        elif event == "payments.payment.refunded.v1":
            self._move(data["amount"], RECEIVABLE, CLEARING, at=at, text="paid back", data=data)
        elif event == "payments.payment.refund_returned.v1":
            self._move(data["amount"], CLEARING, RECEIVABLE, at=at, text="came back", data=data)
        elif event == "refunds.refund.approved.v1":
            self._move(data["amount"], RETURNS, RECEIVABLE, at=at, text="granted", data=data)

    def _move(
        self, amount: Mapping[str, Any], to: str, source: str, *, at: str, text: str,
        data: Mapping[str, Any],
    ) -> None:  # fmt: skip
        subject = str(data.get("reference") or data.get("order_id") or "")
        sides = {to: amount["minor"], source: -amount["minor"]}
        self.post(sides, amount["currency"], at=at, text=text, subject=subject)

    def post(
        self, sides: Mapping[str, int], currency: str, *, at: str, text: str, subject: str
    ) -> None:
        """Write one posting: debits positive, credits negative, minor units. Raises Unbalanced."""
        if sum(sides.values()) != 0:
            raise Unbalanced(f"{text} {subject}: {dict(sides)}")
        posting = self.books.execute(
            "INSERT INTO posting (at, text, subject) VALUES (?, ?, ?)", (at, text, subject)
        ).lastrowid
        self.books.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?)",
            [
                (posting, account, currency, max(amount, 0), max(-amount, 0))
                for account, amount in sides.items()
            ],
        )

    def balance(self) -> dict[tuple[str, str], int]:
        """Debits less credits of each account and currency, minor units."""
        rows = self.books.execute(
            "SELECT currency, account, sum(debit) - sum(credit) FROM entry GROUP BY 1, 2"
        )
        return {(currency, account): balance for currency, account, balance in rows}

    def report(self) -> list[str]:
        """How many postings, each account's balance in minor units, and whether all balances."""
        (postings,) = self.books.execute("SELECT count(*) FROM posting").fetchone()
        balances = sorted(self.balance().items())
        lines = [f"{postings} postings; debits less credits, in minor units:"]
        lines += [f"  {money} {account:<28}{amount:>14}" for (money, account), amount in balances]
        off = sum(amount for _, amount in balances)
        return [*lines, "  balances" if off == 0 else f"  DOES NOT BALANCE: {off}"]
