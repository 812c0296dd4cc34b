"""What every downstream system does: hear each event once, ignore the older one, keep its own books."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

_HEARD = """
CREATE TABLE IF NOT EXISTS heard (
    event_id TEXT PRIMARY KEY, type TEXT NOT NULL, received_at TEXT NOT NULL,
    acknowledged_at TEXT NOT NULL, is_told INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS version (subject TEXT PRIMARY KEY, number INTEGER NOT NULL);
"""


class System(ABC):
    """One system's books, in an SQLite file of its own."""

    name: ClassVar[str]
    understands: ClassVar[frozenset[str]]
    tables: ClassVar[str] = ""

    def __init__(self, *, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.books = sqlite3.connect(folder / f"{self.name}.sqlite3", isolation_level=None)
        self.books.executescript(_HEARD + self.tables)

    def hear(self, message: Mapping[str, Any]) -> bool:
        """Work an event into the books, once; False if it had been heard before."""
        received_at = now()
        with Change(self.books):
            if not self._note(message, received_at=received_at):
                return False
            self.work_in(str(message["type"]), message["data"], at=str(message["occurred_at"]))
        return True

    @abstractmethod
    def work_in(self, event: str, data: Mapping[str, Any], *, at: str) -> None:
        """What the event means to this system."""

    def tick(self) -> None:  # noqa: B027 - most do nothing by themselves
        """What the system does by itself, about once a second."""

    @abstractmethod
    def report(self) -> list[str]:
        """The state of the books, for people."""

    def untold(self) -> list[dict[str, str]]:
        """The receipts that the shop has not been sent yet."""
        rows = self.books.execute(
            "SELECT event_id, received_at, acknowledged_at FROM heard WHERE NOT is_told LIMIT 500"
        )
        names = ("event_id", "received_at", "acknowledged_at")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def note_told(self, receipts: list[dict[str, str]]) -> None:
        """Remember that the shop has these receipts, so that they are sent no more."""
        with Change(self.books):
            self.books.executemany(
                "UPDATE heard SET is_told = 1 WHERE event_id = ?",
                [(receipt["event_id"],) for receipt in receipts],
            )

    def is_newer(self, subject: str, version: int) -> bool:
        """Whether this is the newest that was heard about the subject; remembers it if so."""
        changed = self.books.execute(
            "INSERT INTO version VALUES (?, ?) ON CONFLICT (subject) DO UPDATE"
            " SET number = excluded.number WHERE number < excluded.number",
            (subject, version),
        )
        return changed.rowcount > 0

    def _note(self, message: Mapping[str, Any], *, received_at: str) -> bool:
        noted = self.books.execute(
            "INSERT OR IGNORE INTO heard (event_id, type, received_at, acknowledged_at)"
            " VALUES (?, ?, ?, ?)",
            (message["id"], message["type"], received_at, now()),
        )
        return noted.rowcount > 0


class Change:
    """One transaction of the books."""

    def __init__(self, books: sqlite3.Connection) -> None:
        self._books = books

    def __enter__(self) -> None:
        self._books.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._books.execute("ROLLBACK" if kind else "COMMIT")


def now() -> str:
    """The time as the contract writes it."""
    return datetime.now(UTC).isoformat()
