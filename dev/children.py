"""The programs that the runner starts, watches and ends."""

import contextlib
import io
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dev import processes
from dev.console import Console
from dev.processes import Process
from dev.stage import LOGS, ROOT

_TAIL = 15


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, under which name, and which sockets (file descriptors) it gets from us."""

    name: str
    command: Sequence[str | Path]
    sockets: tuple[int, ...] = ()


class Child:
    """A running program, in a session of its own so that the terminal's Ctrl-C reaches only us."""

    def __init__(
        self, *, program: Program, environment: Mapping[str, str], console: Console
    ) -> None:
        self.name = program.name
        self._console = console
        self._tail: deque[str] = deque(maxlen=_TAIL)
        # Why nobody reads its output any more, though it runs; empty as long as somebody does.
        self.unread_because = ""
        self._popen = subprocess.Popen(
            program.command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            pass_fds=program.sockets,
        )
        # A child that is over already has no line in the table any more, but nothing to end either.
        self.process = processes.describe(pid=self._popen.pid) or Process(
            pid=self._popen.pid, started="", command=""
        )
        self._reader = threading.Thread(target=self._relay, daemon=True)
        self._reader.start()

    def exit_code(self) -> int | None:
        """The code it ended with; None while it runs."""
        return self._popen.poll()

    def forget(self) -> None:
        """Reap it, by force if it has not ended, and take in the rest of what it said."""
        self._popen.kill()
        self._popen.wait()
        self._reader.join(timeout=2)

    def obituary(self) -> str:
        """How it ended, and its last words."""
        self.forget()
        code = self._popen.returncode
        how = f"exit code {code}"
        if code < 0:
            how = f"signal {signal.Signals(-code).name}"
        return "\n".join(
            [
                f"{self.name} has ended ({how}).",
                "Its last lines:",
                *(f"    {x}" for x in self._tail),
            ]
        )

    def _relay(self) -> None:
        """Read to the end whatever happens to the copies: a program that nobody reads stands still."""
        assert self._popen.stdout
        try:
            with contextlib.closing(self._popen.stdout) as output, _Log(self.name) as log:
                for raw in output:
                    line = raw.rstrip("\n")
                    self._tail.append(line)
                    log.write(line)
                    self._console.relay(name=self.name, line=line)
        except Exception as error:  # noqa: BLE001 - whatever it is, the runner must hear of it
            self.unread_because = repr(error)


class _Log:
    """A program's log. A line for which there is no room is lost; the next is tried again."""

    def __init__(self, name: str) -> None:
        self._path = LOGS / f"{name}.log"
        self._file: io.FileIO | None = None

    def __enter__(self) -> Self:
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(b"")
        return self

    def write(self, line: str) -> None:
        try:
            if self._file is None:
                # Without a buffer, so that what failed once is not kept and tried for ever.
                self._file = self._path.open("ab", buffering=0)
            self._file.write(f"{line}\n".encode(errors="replace"))
        except OSError:
            self.__exit__()

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None


def end_all(*, children: Sequence[Child], grace: float, hurry: Callable[[], bool]) -> None:
    """End them together, each with time for what it is at, and leave nothing of them behind."""
    processes.end(leaders=[child.process for child in children], grace=grace, hurry=hurry)
    for child in children:
        child.forget()
