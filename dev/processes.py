"""Processes that outlive whoever started them: told apart for certain, and ended by number only."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process; numbers are used again, so the start time and the command line belong to it."""

    pid: int
    started: str
    command: str


@dataclass(frozen=True, kw_only=True)
class _Row:
    parent: int
    group: int
    process: Process


def describe(*, pid: int) -> Process | None:
    """What now runs under this number; None when nothing does."""
    found = _look_up(pid=pid)
    # A process that has just been started has no command line for an instant.
    deadline = time.monotonic() + 1
    while found and not found.command and time.monotonic() < deadline:
        time.sleep(0.002)
        found = _look_up(pid=pid)
    return found


def everything() -> list[Process]:
    """All that runs on this machine, as far as we may see it."""
    return [row.process for row in _table()]


def working_in(*, folder: Path) -> list[Process]:
    """What runs with this working directory; nothing where the system does not tell."""

    def works_here(process: Process) -> bool:
        with contextlib.suppress(OSError):
            return _PROC.joinpath(str(process.pid), "cwd").readlink() == folder
        return False

    return [process for process in everything() if works_here(process)]


def is_taken(*, pid: int) -> bool:
    """Whether the number is in use, be it only by a dead process that nobody has reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_alive(*, process: Process) -> bool:
    """Whether this very process still runs, rather than another one under its number."""
    found = describe(pid=process.pid)
    return found is not None and _are_same(found, process)


def family(*, leader: Process) -> list[Process]:
    """What is left of the group and the offspring of a process that was started as a group's leader."""
    rows = list(_table())
    alive = next((row for row in rows if row.process.pid == leader.pid), None)
    if alive is not None and not _are_same(alive.process, leader):
        return []
    members = [row for row in rows if row.group == leader.pid]
    if alive is None:
        # The number may have served another leader since: only copies of ours count.
        members = [row for row in members if row.process.command == leader.command]
    return [row.process for row in _with_offspring(rows=rows, members=members)]


def end(
    *, leaders: Iterable[Process], grace: float, hurry: Callable[[], bool] = lambda: False
) -> None:
    """Ask each process to stop, wait, then kill what is left of it and of what it started."""
    leaders = list(leaders)
    known = {one for leader in leaders for one in family(leader=leader)}
    for leader in leaders:
        send(process=leader, number=signal.SIGTERM)
    wait_gone(processes=leaders, seconds=grace, hurry=hurry)
    known |= {one for leader in leaders for one in family(leader=leader)}
    kill(processes=known)


def kill(*, processes: Iterable[Process]) -> None:
    """Kill each process that is still itself, and wait until it is gone."""
    processes = list(processes)
    for process in processes:
        send(process=process, number=signal.SIGKILL)
    wait_gone(processes=processes, seconds=5)


def send(*, process: Process, number: signal.Signals) -> None:
    """Signal a process, unless it is gone or another one bears its number."""
    if is_alive(process=process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def wait_gone(
    *,
    processes: Iterable[Process],
    seconds: float,
    hurry: Callable[[], bool] = lambda: False,
) -> bool:
    """Wait until none of them runs; False when the time, or somebody's patience, is over first."""
    left = list(processes)
    deadline = time.monotonic() + seconds
    while left := [process for process in left if is_alive(process=process)]:
        if time.monotonic() > deadline or hurry():
            return False
        time.sleep(0.03)
    return True


def _are_same(one: Process, other: Process) -> bool:
    # Not the program's own name: on macOS Python replaces itself by its framework's program.
    arguments = (one.command.partition(" ")[2], other.command.partition(" ")[2])
    return one.started == other.started and arguments[0] == arguments[1]


def _look_up(*, pid: int) -> Process | None:
    if _PROC.joinpath("self/stat").exists():
        row = _read_proc(pid=pid)
        return row.process if row else None
    return next((row.process for row in _ask_ps("-p", str(pid))), None)


def _with_offspring(*, rows: list[_Row], members: list[_Row]) -> list[_Row]:
    found = {row.process.pid: row for row in members}
    while fresh := [row for row in rows if row.parent in found and row.process.pid not in found]:
        found |= {row.process.pid: row for row in fresh}
    return list(found.values())


def _table() -> Iterator[_Row]:
    if not _PROC.joinpath("self/stat").exists():
        return _ask_ps("-A")
    numbers = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return (row for number in numbers if (row := _read_proc(pid=number)))


def _read_proc(*, pid: int) -> _Row | None:
    try:
        # The name in parentheses may hold spaces and parentheses itself.
        fields = _PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
        words = _PROC.joinpath(str(pid), "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":
        return None
    command = b" ".join(words).decode(errors="replace").strip()
    process = Process(pid=pid, started=fields[19], command=command)
    return _Row(parent=int(fields[1]), group=int(fields[2]), process=process)


def _ask_ps(*which: str) -> Iterator[_Row]:
    """The same where there is no /proc (macOS)."""
    columns = ["-ww", "-o", "pid=,ppid=,pgid=,stat=,lstart=,command="]
    answer = subprocess.run(
        ["ps", *which, *columns],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath, "LC_ALL": "C"},
    )
    for line in answer.stdout.splitlines():
        pid, parent, group, state, *rest = line.split(maxsplit=9)
        if not state.startswith("Z") and len(rest) == 6:
            process = Process(pid=int(pid), started=" ".join(rest[:5]), command=rest[5])
            yield _Row(parent=int(parent), group=int(group), process=process)
