"""How many small changes of the rules no test notices: `make mutants`.

mutmut changes one thing at a time in an app's `rules.py` and runs those tests of the app that need no
database. What survives must stand in `survivors.txt`, with the reason why nothing can notice it; the list
may only shrink. An app whose rules and tests are as they were when last looked at (`seen.json`) is left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dev.emulator import uv

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
SURVIVORS, SEEN = HERE / "survivors.txt", HERE / "seen.json"
# A folder of its own: what mutmut brings would rename the programs of the shop (setproctitle).
PACKAGES, LOCKED = ROOT / ".venv-mutants", HERE / "requirements.txt"
LEAST_PERCENT = 95
CHILDREN = os.environ.get("MUTANTS_CHILDREN", "2")
# How pytest ends where a test fails, and how mutmut ends a run that takes too long.
_KILLED = {1, 3, 24, 36, 152, 255, -24}
# mutmut reads from pyproject.toml which tests to run; here each app has its own.
_RUN = """
import sys
from mutmut.configuration import config
config().pytest_add_cli_args_test_selection[:] = sys.argv.pop(1).split()
from mutmut.__main__ import cli
cli()
"""
_SHOW = """
import json, sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
print(json.dumps({name: get_diff_for_mutant(name) for name in sys.argv[1:]}))
"""
# Nobody listens there: the tests of rules do without, and children would share one database.
_NO_DATABASE = "postgres://nobody@127.0.0.1:1/none"


@dataclass(frozen=True)
class Mutant:
    """One change: the function it is in, the lines before and after, and whether a test failed."""

    function: str
    change: str
    is_killed: bool

    def __str__(self) -> str:
        """How a survivor stands in the list."""
        return f"{self.function}: {self.change}"


def apps() -> list[str]:
    """The apps that have rules, and the payment providers that have: `payments/providers/stripe`."""
    folder = ROOT / "apps"
    return sorted(str(path.parent.relative_to(folder)) for path in folder.glob("**/rules.py"))


def module_of(app: str) -> str:
    """The module of an app's rules."""
    return f"apps.{app.replace('/', '.')}.rules"


def tests_of(app: str) -> list[Path]:
    """The app's test modules that test its rules by themselves."""
    package = re.escape(module_of(app).removesuffix(".rules"))
    imports = re.compile(rf"^from {package}(\.rules import | import rules$)", re.MULTILINE)
    modules = sorted((ROOT / "tests" / app).glob("test_*.py"))
    return [one for one in modules if imports.search(one.read_text())]


def digest_of(app: str) -> str:
    """What tells whether an app must be looked at again: its rules, their tests, its part of the list."""
    files = [ROOT / "apps" / app / "rules.py", *tests_of(app)]
    parts = [*(one.read_text() for one in files), *sorted(known_survivors(app))]
    return sha256("\0".join(parts).encode()).hexdigest()


def known_survivors(app: str) -> dict[str, str]:
    """The listed changes of an app's rules, and why nothing can notice each."""
    lines = SURVIVORS.read_text().splitlines()
    return dict(one.split("  # ", 1) for one in lines if one.startswith(f"{app}."))


def install() -> None:
    """Have mutmut as it is locked. Raises Failure."""
    stamp = PACKAGES / "stamp"
    if stamp.exists() and stamp.read_text() == LOCKED.read_text():
        return
    shutil.rmtree(PACKAGES, ignore_errors=True)
    uv(
        "pip",
        "install",
        "--python",
        sys.executable,
        "--target",
        PACKAGES,
        "--require-hashes",
        "-r",
        LOCKED,
    )
    stamp.write_text(LOCKED.read_text())


def mutants_of(app: str) -> list[Mutant]:
    """Change an app's rules, one thing at a time. Raises CalledProcessError if its tests fail as it is."""
    install()
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    tests = " ".join(str(one.relative_to(ROOT)) for one in tests_of(app))
    _python(_RUN, tests, "run", "--max-children", CHILDREN, f"{module_of(app)}.*")
    results = json.loads((ROOT / "mutants" / "apps" / app / "rules.py.meta").read_text())
    codes: dict[str, int] = results["exit_code_by_key"]
    survivors = [name for name, code in codes.items() if code not in _KILLED]
    diffs = json.loads(_python(_SHOW, *survivors))
    return [
        Mutant(
            function=function_of(name),
            change=change_of(diffs.get(name, "")),
            is_killed=name not in diffs,
        )
        for name in codes
    ]


def _python(code: str, *arguments: str) -> str:
    """What a program of its own prints; shown where it fails."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(PACKAGES),
        "TEST_DATABASE_URL": _NO_DATABASE,
    }
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
    done.check_returncode()
    return done.stdout


def function_of(name: str) -> str:
    """The function that mutmut's name of a change tells: `orders.check_draft`."""
    app, function = name.removeprefix("apps.").rpartition("__mutmut_")[0].split(".rules.x")
    app = app.replace(".", "/")
    return f"{app}.{function.removeprefix('_').removeprefix('ǁ').replace('ǁ', '.')}"


def change_of(diff: str) -> str:
    """The lines that a change takes out and puts in, without their indentation."""
    lines = [one for one in diff.splitlines() if re.match(r"[-+](?![-+]{2} )", one)]
    return " → ".join(" ".join(one[1:].split()) for one in lines)


def look_at(app: str) -> list[str]:
    """What is wrong with the tests of an app's rules."""
    found, known = mutants_of(app), set(known_survivors(app))
    survivors = {str(one) for one in found if not one.is_killed}
    percent = 100 * sum(one.is_killed for one in found) / len(found)
    print(f"{app}: {len(found)} changes, {percent:.1f} % noticed")
    return [
        *(f"no test notices  {one}" for one in sorted(survivors - known)),
        *(f"is noticed by now, or gone: strike  {one}" for one in sorted(known - survivors)),
        *([f"{app}: less than {LEAST_PERCENT} % noticed"] if percent < LEAST_PERCENT else []),
    ]


def main() -> None:
    seen = json.loads(SEEN.read_text())
    wrong: list[str] = []
    for app in sys.argv[1:] or [app for app in apps() if seen.get(app) != digest_of(app)]:
        digest = digest_of(app)
        faults = look_at(app)
        seen[app] = "" if faults else digest
        wrong += faults
    SEEN.write_text(json.dumps(seen, indent=1, sort_keys=True) + "\n")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
