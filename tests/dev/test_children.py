"""What programs say is read to the end, also while nothing can be written down."""

import sys
from pathlib import Path

import pytest

from dev import children
from dev.children import Child, Program
from dev.console import Console
from tests.dev.checkout import until

# Far more than the 64 KiB that a pipe holds, and the last word once there is room again.
_TALKER = """
import pathlib, sys, time
for line in range(2000):
    print(line, "x" * 200, flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
print("done")
sys.exit(3)
"""


def start(*, room: Path, console: Console | None = None) -> Child:
    program = Program(name="talker", command=(sys.executable, "-c", _TALKER, room))
    return Child(program=program, environment={}, console=console or Console())


class TestChild:
    def test_is_read_while_its_disk_is_full_and_written_down_afterwards(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log, room = tmp_path / "talker.log", tmp_path / "room"
        monkeypatch.setattr(children, "LOGS", tmp_path)
        log.symlink_to("/dev/full")
        child = start(room=room)
        until(lambda: child._tail and child._tail[-1].startswith("1999 "))
        log.unlink()
        room.touch()
        until(lambda: child.exit_code() is not None)
        child.forget()

        assert (child.exit_code(), child.unread_because) == (3, "")
        assert log.read_text() == "done\n"

    def test_whose_reader_dies_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Deaf(Console):
            def relay(self, *, name: str, line: str) -> None:
                raise RuntimeError(name)

        monkeypatch.setattr(children, "LOGS", tmp_path)
        child = start(room=tmp_path, console=Deaf())

        until(lambda: child.unread_because != "")
        assert "RuntimeError" in child.unread_because
        child.forget()
