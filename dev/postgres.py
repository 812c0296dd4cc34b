"""A real PostgreSQL for this checkout: TCP on loopback, its own data, no service and no account needed.

Run `python -m dev.postgres start|stop|url DATA`.
"""

import contextlib
import os
import secrets
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from dev import account, ports, processes
from dev.processes import Process
from dev.stage import Failure, locked

_NAME = "shop"
_SETTINGS = "shop.conf"
_PASSWORD = "shop.password"  # noqa: S105 - the name of a file
_LOG = "server.log"
_PATIENCE = 60
_ORPHAN_SECONDS = 5
_UNSAFE = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


def start(*, data: Path, durable: bool = True) -> str:
    """Make and start the cluster unless it runs; returns the address of its database `shop`."""
    cluster = _locate(data=data)
    with locked(path=_lock(data=data)):
        if cluster.server() is None:
            cluster.create()
            cluster.launch(durable=durable)
        cluster.wait_ready()
        return cluster.url()


def stop(*, data: Path, immediate: bool = False) -> None:
    """Stop the cluster if it runs; `immediate` is what a crash of the machine would look like."""
    if data.parent.exists():
        with locked(path=_lock(data=data)):
            _locate(data=data).stop(immediate=immediate)


def is_running(*, data: Path) -> bool:
    """Whether the cluster's server runs."""
    return server(data=data) is not None


def server(*, data: Path) -> Process | None:
    """The cluster's main process; None when it does not run."""
    return _locate(data=data).server()


def url(*, data: Path) -> str:
    """The address of a running cluster's database."""
    if not is_running(data=data):
        raise Failure(f"No PostgreSQL runs on {data}.")
    return _locate(data=data).url()


def last_words(*, data: Path) -> list[str]:
    """The end of the server's log."""
    return _locate(data=data).last_words()


def _lock(*, data: Path) -> Path:
    return data.with_name(f"{data.name}.lock")


def _locate(*, data: Path) -> "_Cluster":
    who = account.current()
    return _Cluster(who=who, data=who.place(data=data))


@dataclass(frozen=True, kw_only=True)
class _Cluster:
    who: account.Account
    data: Path

    def server(self) -> Process | None:
        lines = self._pid_lines()
        found = processes.describe(pid=int(lines[0])) if lines else None
        # The number in a crash's left-over file may by now belong to anything.
        return found if found and str(self.data) in found.command else None

    def url(self) -> str:
        password = (self.data / _PASSWORD).read_text()
        return f"postgresql://{_NAME}:{password}@127.0.0.1:{self._pid_lines()[3]}/{_NAME}"

    def create(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        if self.who.user:
            account.make_shared_folder()
        programs = self.who.programs()
        draft = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        self.who.make_folder(path=draft)
        self._initialise(programs=programs, draft=draft)
        with (draft / "postgresql.conf").open("a") as file:
            file.write(f"\ninclude_if_exists '{_SETTINGS}'\n")
        draft.rename(self.data)

    def _initialise(self, *, programs: Path, draft: Path) -> None:
        # Outside the folder, which must be empty, and readable for whoever runs initdb.
        password = draft.with_name(f"{draft.name}.password")
        _write_private(path=password, text=secrets.token_urlsafe(16))
        if self.who.user:
            shutil.chown(password, self.who.user)
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        version = self.who.run(programs / "postgres", "--version").stdout.split()[2]
        builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        done = self.who.run(
            programs / "initdb",
            *("-D", draft, "-U", _NAME, "-E", "UTF8", "-A", "scram-sha-256"),
            *(f"--pwfile={password}", f"--locale={locale}"),
            *(builtin if int(version.split(".")[0]) >= 17 else ()),
        )
        if done.returncode:
            raise Failure(f"PostgreSQL's data could not be made:\n{done.stdout}")
        password.rename(draft / _PASSWORD)

    def launch(self, *, durable: bool) -> None:
        programs = self.who.programs()
        self._drop_misleading_pid_file()
        (self.data / _LOG).unlink(missing_ok=True)
        said = ""
        # A port may be taken between our look and the server's, and after a crash the old
        # server's children need a moment to notice and to free their memory.
        for _ in range(5):
            self._write_settings(durable=durable)
            # The server's own single-user mode asks for no client program.
            made = self.who.run(
                *(programs / "postgres", "--single", "-D", self.data, "postgres"),
                stdin=f"CREATE DATABASE {_NAME};\n",
            )
            arguments = ("-D", self.data, "-w", "-t", str(_PATIENCE), "-l", self.data / _LOG)
            if made.returncode == 0:
                made = self.who.run(programs / "pg_ctl", *arguments, "start")
            if made.returncode == 0:
                return
            said = made.stdout
            time.sleep(0.3)
        raise Failure("\n".join(["PostgreSQL does not start:", said, *self.last_words()]))

    def _drop_misleading_pid_file(self) -> None:
        """The server refuses to start while the number in a crash's left-over file is in use.

        It may be by a stranger, or by the crashed server itself where process 1 reaps nobody.
        """
        lines = self._pid_lines()
        if lines and self.server() is None and processes.is_taken(pid=abs(int(lines[0]))):
            # Without the file nothing else would keep a new server from the old one's children.
            orphans = processes.working_in(folder=self.data.resolve())
            if not processes.wait_gone(processes=orphans, seconds=_ORPHAN_SECONDS):
                processes.kill(processes=orphans)
            (self.data / "postmaster.pid").unlink()

    def _write_settings(self, *, durable: bool) -> None:
        port = ports.find_free(preferred=self._previous_port())
        text = (
            f"port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
            "max_connections = 200\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n"
        )
        _write_private(path=self.data / _SETTINGS, text=text + ("" if durable else _UNSAFE))
        if self.who.user:
            shutil.chown(self.data / _SETTINGS, self.who.user)

    def _previous_port(self) -> int | None:
        try:
            return int((self.data / _SETTINGS).read_text().split()[2])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def wait_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while self.server() and time.monotonic() < deadline:
            lines = self._pid_lines()
            if len(lines) > 7 and lines[7] == "ready":
                return
            time.sleep(0.02)
        raise Failure("\n".join(["PostgreSQL does not get ready:", *self.last_words()]))

    def stop(self, *, immediate: bool) -> None:
        running = self.server()
        if running is None:
            return
        steps = ((signal.SIGQUIT, 10), (signal.SIGKILL, 5))
        for number, seconds in steps if immediate else ((signal.SIGINT, 20), *steps):
            processes.send(process=running, number=number)
            if processes.wait_gone(processes=[running], seconds=seconds):
                return
        raise Failure(f"PostgreSQL (process {running.pid}) does not stop.")

    def last_words(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self.data / _LOG).read_text(errors="replace").splitlines()[-15:]
        return []

    def _pid_lines(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return [line.strip() for line in lines]
        return []


def _write_private(*, path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def main(*, arguments: list[str]) -> int:
    """Do what the command line asks; the exit status is 2 for one that makes no sense.

    Raises Failure.
    """
    match arguments:
        case ["start", data]:
            print(start(data=Path(data)))
        case ["stop", data]:
            stop(data=Path(data))
        case ["url", data]:
            print(url(data=Path(data)))
        case _:
            print("usage: python -m dev.postgres start|stop|url DATA", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(arguments=sys.argv[1:]))
    except Failure as failure:
        sys.exit(str(failure))
