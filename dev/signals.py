"""Being asked to stop."""

import os
import signal
import time
from pathlib import Path
from types import FrameType

from dev import processes

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
# One Ctrl-C may reach us twice: from the terminal, and handed on by make.
_SAME_PRESS_SECONDS = 1.0


class StopRequests:
    """Counts the wishes to stop; from the second on somebody is in a hurry."""

    def __init__(self) -> None:
        self._first: float | None = None
        self.hurry = False
        self._make = _Make() if _is_below_make() else None

    def listen(self) -> None:
        """Take the signals even where they were inherited as ignored; children get the defaults."""
        for number in _STOPPING:
            signal.signal(number, self._note)

    def requested(self) -> bool:
        """Whether to stop."""
        if self._first is None and self._make and self._make.gave_up():
            self._first = time.monotonic()
        return self._first is not None

    def is_hurried(self) -> bool:
        """Whether to stop at once."""
        return self.hurry

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
        elif now - self._first > _SAME_PRESS_SECONDS:
            self.hurry = True


def _is_below_make() -> bool:
    parent = processes.describe(pid=os.getppid())
    return parent is not None and Path(parent.command.split()[0]).name in ("make", "gmake")


class _Make:
    """GNU make, our parent: interrupted alone it only waits for us, killed it cannot tell us."""

    def __init__(self) -> None:
        self._pid = os.getppid()
        self._caught = self._catches_interrupt()

    def gave_up(self) -> bool:
        """Whether it is gone, or waits for us to end because it was interrupted itself."""
        return os.getppid() != self._pid or (self._caught and not self._catches_interrupt())

    def _catches_interrupt(self) -> bool:
        try:
            status = Path(f"/proc/{self._pid}/status").read_text()
        except OSError:
            return False
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) & 1 << (signal.SIGINT - 1))
