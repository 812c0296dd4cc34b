"""An AWS on loopback for this checkout, in an environment of its own because it pins boto's version.

Run `python -m dev.emulator install` to make that environment.
"""

import contextlib
import hashlib
import http.client
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from dev import ports, processes
from dev.processes import Process
from dev.stage import ROOT, VAR, Failure, locked, read_process, write_json

REGION = "eu-west-1"
ACCOUNT = "000000000000"
CREDENTIALS = "test"
_HOME = ROOT / ".venv-emulator"
# What Lambda functions run on: an interpreter without any package.
_FUNCTIONS = _HOME / "functions"
_LOCKED = ROOT / "dev" / "emulator.txt"
_PATIENCE = 30
# Stopping is when it writes its queues down.
_GRACE = 20
_RECORD = "emulator.json"
_LOG = "emulator.log"
# So that those that we started ourselves can be reaped.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """A running emulator."""

    url: str
    process: Process

    @property
    def pid(self) -> int:
        """The number of its main process."""
        return self.process.pid


def is_installed() -> bool:
    """Whether the emulator's environment is what the lock file says, for this Python."""
    return _is_current() and _FUNCTIONS.exists()


def install() -> None:
    """Make the emulator's environment, and the one of its functions, unless they are already right."""
    with locked(path=VAR / "emulator.lock"):
        if not _is_current():
            uv("venv", "--clear", "--python", sys.executable, _HOME)
            python = _HOME / "bin" / "python"
            uv("pip", "sync", "--require-hashes", "--python", python, _LOCKED)
            (_HOME / "stamp").write_text(_wanted_stamp())
        if not _FUNCTIONS.exists():
            uv("venv", "--python", sys.executable, _FUNCTIONS)


def _is_current() -> bool:
    stamp = _HOME / "stamp"
    return stamp.exists() and stamp.read_text() == _wanted_stamp()


def start(*, state: Path, persist: bool = True, port: int | None = None) -> Emulator:
    """Start an emulator on this folder; one that an earlier run left there is ended first."""
    state = state.absolute()
    state.mkdir(parents=True, exist_ok=True)
    with locked(path=state / "lock"):
        end_leftover(state=state)
        # Each function that ever ran left its whole package there.
        shutil.rmtree(state / "tmp", ignore_errors=True)
        (state / "tmp").mkdir()
        for _ in range(3):
            chosen = port or ports.find_free(preferred=_previous_port(state=state))
            if found := _launch(state=state, persist=persist, port=chosen):
                return found
        raise Failure("\n".join(["The AWS emulator does not start:", *last_words(state=state)]))


def stop(*, emulator: Emulator, grace: float = _GRACE) -> None:
    """Let it write its queues down, then end whatever is left of it."""
    processes.end(leaders=[emulator.process], grace=grace)
    if child := _children.pop(emulator.pid, None):
        child.wait()


def is_running(*, state: Path) -> bool:
    """Whether an emulator runs on this folder."""
    found = read_process(path=state / _RECORD)
    return found is not None and processes.is_alive(process=found)


def end_leftover(*, state: Path) -> None:
    """End the emulator that still runs on this folder, if any: two would overwrite one another."""
    if leftover := read_process(path=state / _RECORD):
        processes.end(leaders=[leftover], grace=_GRACE)


def last_words(*, state: Path) -> list[str]:
    """The last lines of the emulator's log, for when it did not start; none where it has no log."""
    with contextlib.suppress(FileNotFoundError):
        return (state / _LOG).read_text(errors="replace").splitlines()[-15:]
    return []


def _wanted_stamp() -> str:
    return hashlib.sha256(_LOCKED.read_bytes() + sys.version.encode()).hexdigest()


def uv(*arguments: str | Path) -> None:
    """Run uv with these arguments. Raises Failure where it is missing or fails."""
    beside = Path(sys.executable).with_name("uv")
    program = beside if beside.exists() else shutil.which("uv")
    if program is None:
        raise Failure("uv is missing: `make .venv` installs it.")
    done = subprocess.run([program, "--quiet", "--system-certs", *arguments], check=False)
    if done.returncode:
        raise Failure("A package could not be installed, see above.")


def _launch(*, state: Path, persist: bool, port: int) -> Emulator | None:
    with (state / _LOG).open("wb") as log:
        child = subprocess.Popen(
            [_HOME / "bin" / "python", ROOT / "dev" / "emulator_launcher.py"],
            env=_environment(state=state, persist=persist, port=port),
            cwd=state,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[child.pid] = child
    process = processes.describe(pid=child.pid)
    if process is None:
        return None
    write_json(path=state / _RECORD, content=asdict(process))
    (state / "port").write_text(str(port))
    deadline = time.monotonic() + _PATIENCE
    while child.poll() is None and time.monotonic() < deadline:
        if _answers(port=port):
            return Emulator(url=f"http://127.0.0.1:{port}", process=process)
        time.sleep(0.05)
    processes.end(leaders=[process], grace=1)
    _children.pop(child.pid).wait()
    return None


def _environment(*, state: Path, persist: bool, port: int) -> dict[str, str]:
    """All that it sees: functions that it runs inherit this, so nothing of the shell may be in it."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(state / "tmp"),
        "TMPDIR": str(state / "tmp"),
        "PYTHONUNBUFFERED": "1",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "IOT_MTLS_PORT": "0",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # It would otherwise remove containers that look like its own from the laptop's Docker.
        "DOCKER_HOST": f"unix://{state}/no-docker",
        "LOG_LEVEL": "WARNING",
        "FUNCTIONS_PYTHON": str(_FUNCTIONS / "bin" / "python"),
        "PERSIST_STATE": "1" if persist else "0",
        "STATE_DIR": str(state / "state"),
        "S3_PERSIST": "1" if persist else "0",
        "S3_DATA_DIR": str(state / "s3"),
    }


def _previous_port(*, state: Path) -> int | None:
    try:
        return int((state / "port").read_text())
    except (FileNotFoundError, ValueError):
        return None


def _answers(*, port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    if sys.argv[1:] != ["install"]:
        sys.exit("usage: python -m dev.emulator install")
    try:
        install()
    except Failure as failure:
        sys.exit(str(failure))
