"""`python -m dev.packaging [--python 3.13|running] [--to FILE]`: make the package and say what is in it."""

import argparse
import hashlib
import os
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from dev.packaging import archive, building, choosing, targets
from dev.stage import VAR, Failure

_MIB = 2**20
ZIPPED_LIMIT, UNZIPPED_LIMIT = 25_000_000, 100_000_000


def main() -> None:
    """Build, refuse or write, report, and hold the limits."""
    parser = argparse.ArgumentParser(prog="make package")
    parser.add_argument("--python", default="", help="3.13, another version, or `running`")
    parser.add_argument("--to", type=Path, default=VAR / "package" / "shop.zip")
    options = parser.parse_args()
    target = targets.choose(options.python)
    folder = options.to.with_suffix("")
    print(f"For Python {target.version}, compiled by {target.interpreter}.", flush=True)
    building.build(target=target, folder=folder)
    files = building.read(folder)
    if found := choosing.refusals(files, own=building.OWN_FOLDERS, environ=os.environ):
        raise Failure("\n".join(found))
    zipped = archive.write(files, to=options.to)
    print(_report(files, zipped=zipped))
    unzipped = sum(map(len, files.values()))
    size = options.to.stat().st_size
    print(f"{size / 1e6:.1f} MB zipped, {unzipped / 1e6:.1f} MB unzipped")
    print(f"{options.to}  sha256 {hashlib.sha256(options.to.read_bytes()).hexdigest()}")
    _hold_limits(zipped=size, unzipped=unzipped)


def _report(files: Mapping[str, bytes], *, zipped: Mapping[str, int]) -> str:
    """A line for each distribution, the largest first, and the sum."""
    owners = _owners(files)
    sizes: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path, content in files.items():
        for name in (owners.get(_source_of(path)) or _top(path), "all"):
            sizes[name][0] += len(content)
            sizes[name][1] += zipped[path]
    rows = sorted(sizes.items(), key=lambda row: row[1], reverse=True)
    lines = [f"{name:<28}{whole / _MIB:>9.2f}{part / _MIB:>9.2f}" for name, (whole, part) in rows]
    return "\n".join([f"{'':<28}{'MiB':>9}{'zipped':>9}", *lines])


def _owners(files: Mapping[str, bytes]) -> dict[str, str]:
    """Which distribution brought each file, by its own record of what it installed."""
    return {
        line.split(",", 1)[0]: path.split("-", 1)[0].replace("_", "-").lower()
        for path, content in files.items()
        if path.endswith(".dist-info/RECORD")
        for line in content.decode().splitlines()
    }


def _source_of(path: str) -> str:
    """The module of a bytecode file; any other file is its own source."""
    return f"{path.removesuffix('.pyc')}.py" if path.endswith(".pyc") else path


def _top(path: str) -> str:
    is_ours = choosing.is_ours(path, own=building.OWN_FOLDERS)
    return "the shop" if is_ours else path.split("/", 1)[0]


def _hold_limits(*, zipped: int, unzipped: int) -> None:
    for what, size, limit in (
        ("zipped", zipped, ZIPPED_LIMIT),
        ("unzipped", unzipped, UNZIPPED_LIMIT),
    ):
        if size > limit:
            raise Failure(f"{size / 1e6:.1f} MB {what} are more than {limit / 1e6:.0f}.")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
