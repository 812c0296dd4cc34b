"""`python -m dev.packaging.layer [--python 3.13|running] [--to FILE]`: traces as a layer beside the package."""

import argparse
import sys
from pathlib import Path

from dev.packaging import archive, building, targets
from dev.stage import VAR, Failure

# Where Lambda looks for a layer's modules, under /opt.
_FOLDER = "python"


def main() -> None:
    """Build, write, and say how large it is."""
    parser = argparse.ArgumentParser(prog="make layer")
    parser.add_argument("--python", default="", help="3.13, another version, or `running`")
    parser.add_argument("--to", type=Path, default=VAR / "package" / "traces.zip")
    options = parser.parse_args()
    target = targets.choose(options.python)
    folder = options.to.with_suffix("")
    building.build_layer(target=target, folder=folder)
    files = {f"{_FOLDER}/{path}": content for path, content in building.read(folder).items()}
    archive.write(files, to=options.to)
    unzipped = sum(map(len, files.values()))
    print(f"For Python {target.version}: {options.to.stat().st_size / 1e6:.1f} MB zipped, "
          f"{unzipped / 1e6:.1f} MB unzipped\n{options.to}")  # fmt: skip


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
