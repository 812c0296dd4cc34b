"""Processes are told apart for certain, and ended with all that they started."""

import os
import subprocess
import sys
from dataclasses import replace

from dev import processes
from tests.dev.checkout import until

_STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
subprocess.Popen(sleep)
subprocess.Popen(sleep, start_new_session=True)
print("ready", flush=True)
time.sleep(60)
"""


def test_a_number_that_was_used_again_is_not_the_same_process() -> None:
    own = processes.describe(pid=os.getpid())
    assert own
    assert processes.is_alive(process=own)
    assert not processes.is_alive(process=replace(own, started="0"))
    assert not processes.is_alive(process=replace(own, command="python another"))
    assert processes.family(leader=replace(own, started="0")) == []


def test_an_end_takes_the_stubborn_and_their_offspring() -> None:
    leader = subprocess.Popen(
        [sys.executable, "-c", _STUBBORN], start_new_session=True, stdout=subprocess.PIPE
    )
    assert leader.stdout
    leader.stdout.readline()
    found = processes.describe(pid=leader.pid)
    assert found
    until(lambda: len(processes.family(leader=found)) == 3)
    family = processes.family(leader=found)
    processes.end(leaders=[found], grace=0.2)
    leader.communicate()
    assert not any(processes.is_alive(process=one) for one in family)


def test_what_outlives_its_leader_is_still_found() -> None:
    code = "import os, time; os.fork(); time.sleep(60)"
    leader = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    found = processes.describe(pid=leader.pid)
    assert found
    until(lambda: len(processes.family(leader=found)) == 2)
    leader.kill()
    leader.wait()
    assert len(processes.family(leader=found)) == 1
    processes.end(leaders=[found], grace=1)
    assert processes.family(leader=found) == []
