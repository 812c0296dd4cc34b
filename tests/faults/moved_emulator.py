"""The AWS emulator with a clock that a test can move: started by the emulator's own Python.

`python moved_emulator.py FILE`: the file holds how many seconds its clock is ahead.
"""

import runpy
import sys
import time
from pathlib import Path

_ahead = Path(sys.argv[1])
_now = time.time


def _moved() -> float:
    return _now() + float(_ahead.read_text() or 0)


time.time = _moved
sys.argv = ["ministack"]
runpy.run_module("ministack", run_name="__main__")
