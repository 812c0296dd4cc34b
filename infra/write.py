"""Writes the templates that repeat what Python declares: `messaging.yaml` and `bindings.yaml`.

Run `python -m infra.write` after a queue, a row of downstream.py or a periodic task has changed, and read the
difference; `python -m infra.write --check` only tells whether they are up to date.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from infra import bindings, messaging
from infra.stacks import FOLDER

_HEADER = "# Written by `python -m infra.write` from {source}: change that, not this.\n"


def rendered() -> dict[Path, str]:
    """The text of each written template by its path, as the code has it now."""
    templates = FOLDER / "templates"
    return {
        templates / "messaging.yaml": _text(messaging.template(), source="ecommerce/messaging.py"),
        templates / "bindings.yaml": _text(
            bindings.template(),
            source="ecommerce/messaging.py, ecommerce/schedule.py and the routes in ecommerce/settings/base.py",
        ),
    }


def stale() -> list[Path]:
    """Which templates on disk are not what the code says."""
    return [
        path for path, text in rendered().items() if not path.exists() or path.read_text() != text
    ]


def _text(template: dict[str, Any], *, source: str) -> str:
    body = yaml.dump(template, Dumper=_Dumper, sort_keys=False, width=100)
    return _HEADER.format(source=source) + body


class _Dumper(yaml.SafeDumper):
    """Writes everything out: CloudFormation reads no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def main(arguments: list[str]) -> None:
    """Write, or with `--check` only tell what is out of date."""
    if arguments != ["--check"]:
        for path, text in rendered().items():
            path.write_text(text)
    elif found := stale():
        names = ", ".join(path.name for path in found)
        sys.exit(f"{names} out of date: run `python -m infra.write` and read the difference.")


if __name__ == "__main__":
    main(sys.argv[1:])
