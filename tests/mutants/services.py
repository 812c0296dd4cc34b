"""How many guards and bounds of services no test of their own app holds: a sample, part of `make nightly`.

mutmut leaves decorated functions alone, which most services are, and needs tests without a database. So
each change of the sample is written into a copy of this checkout, and the app's own tests run there. The
sample is always the same, but for guards that were changed themselves: `python -m tests.mutants.services 150`.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dev import postgres

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var" / "mutants"
COPY = VAR / "shop"
APPS = ("orders", "payments", "shipping", "refunds", "checkout", "inventory")
SEED, SIZE, LEAST_PERCENT = "guards", 150, 90
# Longer than any app's tests take; a change that makes them hang is noticed, too.
MOST_SECONDS = 1800
_NEIGHBOURS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}


@dataclass(frozen=True)
class Change:
    """What stands at one place of a module, and what is to stand there; places are counted in bytes."""

    path: str
    line: str
    start: int
    end: int
    new: str

    @property
    def app(self) -> str:
        return Path(self.path).parts[1]

    @property
    def rank(self) -> str:
        """A random number that stays the same wherever in its module the line stands."""
        return sha256(f"{SEED}\n{self.path}\n{self.line}\n{self.new}".encode()).hexdigest()

    def applied_to(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]


def changes_of(path: str, source: bytes) -> Iterator[Change]:
    """Each guard of a module taken out, and each bound moved by one."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for place in ast.walk(ast.parse(source)):
        for node, new in _replacements(place):
            yield Change(
                path=path,
                line=source.splitlines()[node.lineno - 1].decode().strip(),
                start=starts[node.lineno - 1] + node.col_offset,
                end=starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0),
                new=new,
            )


def _replacements(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Which expressions at a node are guards or bounds, and what takes their place."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            yield test, "False"
        case ast.comprehension(ifs=ifs):
            yield from ((one, "True") for one in ifs)
        case ast.BoolOp(values=values):
            yield node, f"({ast.unparse(values[0])})"
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _NEIGHBOURS:
            neighbour = _NEIGHBOURS[type(op)]
            yield node, f"({ast.unparse(left)} {neighbour} {ast.unparse(right)})"
        case ast.Call(func=ast.Name(id="min" | "max"), args=[first, _, *_]):
            yield node, f"({ast.unparse(first)})"
        case ast.Call(func=ast.Attribute(attr="filter" | "exclude"), keywords=[_, *_] as keywords):
            yield from _without_each(node, keywords)


def _without_each(call: ast.Call, keywords: list[ast.keyword]) -> Iterator[tuple[ast.expr, str]]:
    """A query without one of its conditions; without its key it would be another query."""
    for one in keywords:
        if one.arg not in {"pk", "id"}:
            kept = [other for other in keywords if other is not one]
            yield call, ast.unparse(ast.Call(func=call.func, args=call.args, keywords=kept))


def sample(size: int) -> list[Change]:
    """So many changes of the services, the same ones each time."""
    modules = sorted(
        path
        for app in APPS
        for path in (ROOT / "apps" / app).glob("services/*.py")
        if path.name != "__init__.py"
    )
    every = [
        change
        for path in modules
        for change in changes_of(str(path.relative_to(ROOT)), path.read_bytes())
    ]
    return sorted(every, key=lambda one: one.rank)[:size]


def make_copy() -> None:
    """Another checkout, in which sources may be wrong."""
    shutil.rmtree(COPY, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, COPY / name)


def notices(change: Change, *, database: str) -> bool:
    """Whether a test of the change's own app fails with it; those of the same name are asked first."""
    file = COPY / change.path
    source = file.read_bytes()
    file.write_bytes(change.applied_to(source))
    nearest = f"tests/{change.app}/test_{file.stem}.py"
    try:
        return ((COPY / nearest).exists() and not passes(nearest, database=database)) or not passes(
            f"tests/{change.app}", database=database, leaving_out=nearest
        )
    finally:
        file.write_bytes(source)


def passes(tests: str, *, database: str, leaving_out: str = "tests/none") -> bool:
    """Whether tests succeed in the copy."""
    options = ("-n", "0", "-x", "-q", "-p", "no:cacheprovider", f"--ignore={leaving_out}")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, tests],
            cwd=COPY,
            env={**os.environ, "TEST_DATABASE_URL": database},
            check=False,
            capture_output=True,
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    changes = sample(int(sys.argv[1]) if len(sys.argv) > 1 else SIZE)
    make_copy()
    database = postgres.start(data=VAR / "postgres", durable=False)
    try:
        for app in sorted({one.app for one in changes}):
            if not passes(f"tests/{app}", database=database):
                sys.exit(f"the tests of {app} fail as they are")
        missed = []
        for number, change in enumerate(changes, start=1):
            if not notices(change, database=database):
                missed.append(change)
                print(f"no test notices  {change.path}: {change.line} → {change.new}", flush=True)
            percent = 100 - 100 * len(missed) / number
            print(f"{number} of {len(changes)}: {percent:.1f} % noticed", flush=True)
    finally:
        postgres.stop(data=VAR / "postgres")
    sys.exit(percent < LEAST_PERCENT)


if __name__ == "__main__":
    main()
