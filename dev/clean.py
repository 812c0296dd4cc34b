"""Stops what this checkout runs and removes what it made: `make clean`. Needs no environment."""

import shutil
import signal
import sys
from pathlib import Path

from dev import emulator, postgres, processes
from dev.console import Console
from dev.run import end_orphans
from dev.stage import ROOT, SHARED, VAR, Failure, RunFile, is_held

_RUNNER_SECONDS = 40
_MADE = (
    *(
        "var",
        ".venv-emulator",
        ".venv-fonts",
        ".venv-mutants",
        ".venv",
        "staticfiles",
        "htmlcov",
        ".coverage",
    ),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".grimp_cache"),
    *(".hypothesis", "mutants"),
)


def stop_everything() -> None:
    """Stop the runner, its leftovers, and the servers that tests keep under var/."""
    run = RunFile.read()
    runner = run.pids.get("runner") if run else None
    if runner and is_held():
        processes.send(process=runner, number=signal.SIGTERM)
        processes.wait_gone(processes=[runner], seconds=_RUNNER_SECONDS)
    if is_held():
        raise Failure("The shop still runs here: stop it first.")
    end_orphans(console=Console())
    for found in VAR.rglob("postgres*/PG_VERSION") if VAR.exists() else ():
        postgres.stop(data=found.parent)
    for found in VAR.rglob("emulator.json") if VAR.exists() else ():
        emulator.end_leftover(state=found.parent)


def remove_everything() -> None:
    """Remove what git does not keep."""
    for path in (*(ROOT / name for name in _MADE), SHARED, *_bytecode()):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _bytecode() -> list[Path]:
    kept = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return [ROOT / "__pycache__", *(found for path in kept for found in path.rglob("__pycache__"))]


if __name__ == "__main__":
    try:
        stop_everything()
    except Failure as failure:
        sys.exit(str(failure))
    remove_everything()
