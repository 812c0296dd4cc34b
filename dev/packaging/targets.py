"""The Python that the package is made for: its interpreter compiles the bytecode."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dev.stage import Failure

PRODUCTION = "3.13"


@dataclass(frozen=True, kw_only=True)
class Target:
    """An interpreter of the version that will run the package."""

    version: str
    interpreter: str


def choose(wanted: str = "") -> Target:
    """The wanted version; else production's where this machine has it, else the running one."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if wanted in {"running", running}:
        return Target(version=running, interpreter=sys.executable)
    version = wanted or PRODUCTION
    for candidate in _candidates(version):
        if _version_of(candidate) == version:
            return Target(version=version, interpreter=candidate)
    if wanted:
        raise Failure(f"Python {wanted} is missing: it compiles the bytecode of the package.")
    return Target(version=running, interpreter=sys.executable)


def _candidates(version: str) -> list[str]:
    installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    by_pyenv = sorted(installed.glob(f"{version}.*/bin/python{version}"))
    on_path = shutil.which(f"python{version}")
    return [*map(str, by_pyenv), *([on_path] if on_path else [])]


def _version_of(interpreter: str) -> str:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run(
        [interpreter, "-I", "-c", program], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
