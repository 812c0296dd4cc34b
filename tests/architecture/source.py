"""The checkout as text: what the fences read."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def python_files(*folders: str) -> Iterator[Path]:
    """Every Python file below the folders, without migrations."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def layer_of() -> dict[str, int]:
    """The height of each app, 0 at the bottom, read from the contract that the linter enforces."""
    contracts = pyproject()["tool"]["importlinter"]["contracts"]
    (contract,) = (one for one in contracts if one["id"] == "layers")
    heights: dict[str, int] = {}
    for height, layer in enumerate(reversed(contract["layers"])):
        for name in layer.split("|"):
            heights[name.strip().removeprefix("apps.")] = height
    return heights
