"""Where this checkout keeps its stage, what is written down about it, and who holds it."""

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from dev.processes import Process

ROOT = Path(__file__).resolve().parents[1]
VAR = ROOT / "var"
LOGS = VAR / "log"
POSTGRES_DATA = VAR / "postgres"
EMULATOR_STATE = VAR / "aws"
RUN_FILE = VAR / "run.json"
LOCK_FILE = VAR / "run.lock"
OUTAGE_FILE = VAR / "outage.json"
# Only used where PostgreSQL must run as another account, which may not be able to read the checkout.
SHARED = Path(tempfile.gettempdir()) / f"shop-{hashlib.sha256(bytes(ROOT)).hexdigest()[:12]}"


class Failure(Exception):
    """Something that a person can mend; the message says what and how."""


@dataclass(kw_only=True)
class RunFile:
    """What a running stage tells the other commands of this checkout."""

    database_url: str
    aws_endpoint_url: str
    port: int
    stripe_port: int = 0
    pids: dict[str, Process] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Self | None:
        """The stage that runs here, or ran here and could not tidy up; None when there is none."""
        try:
            written = json.loads(RUN_FILE.read_text())
            pids = {name: Process(**one) for name, one in written.pop("pids").items()}
            return cls(**written, pids=pids)
        except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self) -> None:
        """Replace the file in one step; it names the database's password, so it is for us only."""
        write_json(path=RUN_FILE, content=asdict(self))


def write_json(*, path: Path, content: object) -> None:
    """Write a file that only we may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
    draft.replace(path)


def read_process(*, path: Path) -> Process | None:
    """The process that a file names; None when there is no such file, or only half of one."""
    try:
        return Process(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def locked(*, path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold a lock file, which frees itself should we die; yields whether we have it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def is_held() -> bool:
    """Whether a runner of this checkout is alive."""
    with locked(path=LOCK_FILE, wait=False) as free:
        return not free
