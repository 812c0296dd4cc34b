"""Writes docs/faults.md from what the tests noted: `python -m tests.faults.report NOTES`."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_HEAD = """# Faults, injected on purpose

`make faults` breaks a real shop: real PostgreSQL, the SQS emulator, web and worker processes that are killed, cut off
and starved. After each test `manage.py check_shop` must find nothing. Every test has a control: the same fault with
one guard switched off, which must go wrong. `make test` runs a short version of all but the longest and the controls.

Run on {date} at commit `{commit}`; this page is written by the run.

| id | test | number to reach | number reached |
|---|---|---|---|
"""


def main() -> None:
    notes = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    head = _HEAD.format(date=datetime.now(UTC).date(), commit=commit.stdout.strip())
    rows = [
        f"| {one['code']} | {one['test']} | {one['to_reach']} | {one['reached']} |"
        for one in sorted(notes, key=_order)
    ]
    (ROOT / "docs" / "faults.md").write_text(head + "\n".join(rows) + "\n")


def _order(note: dict[str, str]) -> tuple[str, int, str]:
    letter, number = re.fullmatch(r"([A-Z])(\d+)", note["code"]).groups()
    return {"F": "0", "A": "1"}.get(letter, letter), int(number), note["test"]


if __name__ == "__main__":
    main()
