"""The terminal that the runner and its children share."""

import os
import sys
import threading

_COLOURS = (36, 32, 33, 35, 34, 31)
_WIDTH = 13


class Console:
    """Writes whole lines, and goes on in silence when nobody reads them any more."""

    def __init__(self) -> None:
        self._coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._names: list[str] = []
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """The runner's own words."""
        self._write(self._paint(text, code=1))

    def relay(self, *, name: str, line: str) -> None:
        """A line of a child, behind its name."""
        if name not in self._names:
            self._names.append(name)
        code = _COLOURS[self._names.index(name) % len(_COLOURS)]
        self._write(f"{self._paint(f'{name:<{_WIDTH}}|', code=code)} {line}")

    def _paint(self, text: str, *, code: int) -> str:
        return f"\033[{code}m{text}\033[0m" if self._coloured else text

    def _write(self, text: str) -> None:
        with self._lock:
            try:
                sys.stdout.write(f"{text}\n")
                sys.stdout.flush()
            except OSError:
                # The terminal is gone, or `head` has seen enough: that must not stop a shutdown.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
