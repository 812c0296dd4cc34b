"""The programs that the runner starts, watches and ends."""

import contextlib
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev import processes
from dev.console import Console
from dev.processes import Process
from dev.stage import LOGS, ROOT

_TAIL = 15


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, under which name."""

    name: str
    command: Sequence[str | Path]


class Child:
    """A running program, in a session of its own so that the terminal's Ctrl-C reaches only us."""

    def __init__(
        self, *, program: Program, environment: Mapping[str, str], console: Console
    ) -> None:
        self.name = program.name
        self._console = console
        self._tail: deque[str] = deque(maxlen=_TAIL)
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
        assert self._popen.stdout
        LOGS.mkdir(parents=True, exist_ok=True)
        with (
            (LOGS / f"{self.name}.log").open("w", buffering=1) as log,
            contextlib.closing(self._popen.stdout) as output,
        ):
            for raw in output:
                line = raw.rstrip("\n")
                self._tail.append(line)
                log.write(f"{line}\n")
                self._console.relay(name=self.name, line=line)


def end_all(*, children: Sequence[Child], grace: float, hurry: Callable[[], bool]) -> None:
    """End them together, each with time for what it is at, and leave nothing of them behind."""
    processes.end(leaders=[child.process for child in children], grace=grace, hurry=hurry)
    for child in children:
        child.forget()
