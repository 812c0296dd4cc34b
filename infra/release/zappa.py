"""Zappa's own commands, each for one function, with the settings of the stage and a package on S3."""

import subprocess
import sys
from pathlib import Path

from infra.release.errors import ReleaseFailed

_WORDS_OF_FAILURE = 30


def deploy(*, zappa_stage: str, settings: Path, package: str) -> None:
    """Make the function, and its API where it has one. Raises ReleaseFailed."""
    _run("deploy", zappa_stage, "--zip", package, settings=settings)


def update(*, zappa_stage: str, settings: Path, package: str) -> None:
    """Give the function new code and settings, and bring its API up to date. Raises ReleaseFailed."""
    _run("update", zappa_stage, "--zip", package, settings=settings)


def undeploy(*, zappa_stage: str, settings: Path) -> None:
    """Take the function and its API away. Raises ReleaseFailed."""
    _run("undeploy", zappa_stage, "--yes", settings=settings)


def _run(command: str, *arguments: str, settings: Path) -> None:
    zappa = Path(sys.executable).with_name("zappa")
    done = subprocess.run(
        [zappa, command, *arguments, "--settings_file", settings.name, "--disable_progress"],
        cwd=settings.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    with (settings.parent / "zappa.log").open("a") as log:
        log.write(f"zappa {command} {arguments[0]}\n{done.stdout}\n")
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-_WORDS_OF_FAILURE:])
        raise ReleaseFailed(f"zappa {command} {arguments[0]} failed:\n{last}")
