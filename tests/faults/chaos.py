"""A shop of all its programs, each started again when it dies, and what can befall them."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dev import ports, postgres, processes
from dev.stage import Failure
from tests.bank import Bank

# Longer than SQS waits for a worker here, and than a page waits for the database.
FREEZE_SECONDS = 6.0


class Supervised:
    """A program that is started again whenever it has ended, as a supervisor would."""

    def __init__(self, *command: str, environment: Mapping[str, str], log: Path) -> None:
        self._command, self._environment, self._log = command, environment, log
        self._is_wanted = True
        self._running = self._start()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _keep(self) -> None:
        while self._is_wanted:
            if self._running.poll() is not None:
                self._running = self._start()
            time.sleep(0.2)

    def signal(self, number: signal.Signals, *, only_leader: bool = False) -> None:
        """Send a signal to the program, with what it has started."""
        with suppress(ProcessLookupError):
            if only_leader:
                self._running.send_signal(number)
            else:
                os.killpg(self._running.pid, number)

    def stop(self) -> None:
        """End it for good."""
        self._is_wanted = False
        self._keeper.join()
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        self._running.wait()


class Database:
    """A PostgreSQL that is started again whenever it has ended."""

    def __init__(self, *, data: Path) -> None:
        self.data = data
        self._is_wanted = True
        self.url = postgres.start(data=data)
        threading.Thread(target=self._keep, daemon=True).start()

    def _keep(self) -> None:
        while self._is_wanted:
            # It does not start while its disk is full.
            with suppress(Failure, OSError):
                if not postgres.is_running(data=self.data):
                    postgres.start(data=self.data)
            time.sleep(0.5)

    def crash(self) -> None:
        """End it as a power cut would."""
        with suppress(Failure):
            postgres.stop(data=self.data, immediate=True)

    def freeze(self, *, seconds: float) -> None:
        """Let it hang: connections stay open, and nothing is answered."""
        leader = postgres.server(data=self.data)
        members = processes.family(leader=leader) if leader else []
        for one in members:
            processes.send(process=one, number=signal.SIGSTOP)
        time.sleep(seconds)
        for one in members:
            processes.send(process=one, number=signal.SIGCONT)

    def stop(self) -> None:
        """End it for good."""
        self._is_wanted = False
        time.sleep(1)
        postgres.stop(data=self.data)


@dataclass(kw_only=True)
class Shop:
    """Everything that runs."""

    address: str
    environment: dict[str, str]
    sku: str
    programs: dict[str, Supervised]
    database: Database
    disk: Path | None
    bank: Bank
    emulator: Callable[[signal.Signals], None]
    episodes: list["Episode"] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Episode:
    """What befell the shop, and from when until when; `takes_orders`: shoppers should not notice."""

    name: str
    takes_orders: bool
    began: float
    ended: float


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of its own at the folder, so that it can be filled; None where we may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1500m", "none", str(folder)],
        check=False,
        capture_output=True,
    )
    try:
        yield folder if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def running(
    environment: Mapping[str, str], *, folder: Path, guards_off: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, Supervised]]]:
    """The programs of the shop; yields its address and them."""
    port = ports.find_free()
    celery = (sys.executable, "-m", "celery", "-A", "ecommerce", "--skip-checks", "--quiet")
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING")
    threads = ("worker", "-P", "threads", "-c", "4", *quiet)
    commands = {
        "web": (
            *(sys.executable, "-m", "gunicorn", "ecommerce.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
            *("--no-control-socket", "--log-level", "warning"),
            *("--env", "DATABASE_STATEMENT_SECONDS=5", "--env", "WEB_THREADS=8"),
        ),
        "worker": (*celery, *threads, "-Q", "orders,tasks,mails"),
        "slow-worker": (*celery, *threads, "-Q", "payments,refunds,bulk"),
        "schedules": (*celery, "beat", "-s", str(folder / "beat"), "-l", "WARNING"),
    }
    if guards_off:
        commands["worker"] = (sys.executable, "-m", "tests.faults.guards", "4", *guards_off)
        del commands["slow-worker"]
    with ExitStack() as ends:
        programs = {}
        for name, command in commands.items():
            programs[name] = Supervised(
                *command, environment=environment, log=folder / f"{name}.log"
            )
            ends.callback(programs[name].stop)
        yield f"http://127.0.0.1:{port}", programs


def befall(shop: Shop, *, until: float, chance: random.Random) -> None:
    """One misfortune after the other, each as often as the others, until the time is over."""
    while True:
        misfortunes = list(_misfortunes(shop).items())
        chance.shuffle(misfortunes)
        for name, (takes_orders, happen) in misfortunes:
            if time.monotonic() > until:
                return
            began = time.monotonic()
            happen()
            shop.episodes.append(
                Episode(name=name, takes_orders=takes_orders, began=began, ended=time.monotonic())
            )
            time.sleep(chance.uniform(2, 5))


def _misfortunes(shop: Shop) -> dict[str, tuple[bool, Callable[[], None]]]:
    """Each with whether orders are taken all the same."""
    happenings: dict[str, tuple[bool, Callable[[], None]]] = {}
    for name, program in shop.programs.items():
        takes_orders = name != "web"
        happenings[f"{name} killed"] = takes_orders, _killed(program)
        happenings[f"{name} frozen"] = takes_orders, _frozen(program.signal)
    happenings["a child of web killed"] = False, _a_child_killed(shop.programs["web"])
    happenings["database crashed"] = True, shop.database.crash
    happenings["database frozen"] = True, lambda: shop.database.freeze(seconds=FREEZE_SECONDS)
    happenings["queues and topic frozen"] = False, _frozen(shop.emulator)
    happenings["bank slow"] = True, lambda: _slow_bank(shop.bank)
    if shop.disk:
        happenings["disk full"] = True, lambda: _full_disk(shop.disk)
    return happenings


def _killed(program: Supervised) -> Callable[[], None]:
    return lambda: program.signal(signal.SIGKILL)


def _frozen(send: Callable[[signal.Signals], None]) -> Callable[[], None]:
    def freeze() -> None:
        send(signal.SIGSTOP)
        time.sleep(FREEZE_SECONDS)
        send(signal.SIGCONT)

    return freeze


def _a_child_killed(program: Supervised) -> Callable[[], None]:
    def kill() -> None:
        leader = processes.describe(pid=program._running.pid)
        children = processes.family(leader=leader)[1:] if leader else []
        for one in children[:1]:
            processes.send(process=one, number=signal.SIGKILL)

    return kill


def _slow_bank(bank: Bank) -> None:
    """The next calls take longer than the shop waits."""
    for endpoint in ("sessions.create", "payment_intents.capture"):
        bank.misbehave(endpoint, "late", times=3, seconds=8)
    time.sleep(FREEZE_SECONDS)


def _full_disk(disk: Path | None) -> None:
    """Nothing can be written to the disk of the database and of all logs."""
    assert disk
    ballast = disk / "ballast"
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(1_000_000))
    time.sleep(FREEZE_SECONDS)
    ballast.unlink()
