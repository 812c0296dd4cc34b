"""A small checkout of its own: our `dev/` and `examples/` as they are, around a shop that only answers /healthz."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev import ports
from dev.processes import Process, everything
from dev.stage import ROOT

_FILES = {
    "Makefile": "run:\n\t@exec .venv/bin/python -m dev.run\n",
    "examples/catalogue/__init__.py": "",
    "examples/catalogue/__main__.py": "print('nothing to load')\n",
    "manage.py": "import sys\nprint(*sys.argv[1:])\n",
    "ecommerce/__init__.py": "from ecommerce.celery import app as celery_app\n",
    "ecommerce/celery.py": (
        "from celery import Celery\napp = Celery('stub', broker='memory://')\n"
    ),
    "ecommerce/settings/__init__.py": "",
    "ecommerce/settings/local.py": "SECRET_KEY = 'stub'\nINSTALLED_APPS = []\nUSE_TZ = True\n",
    "ecommerce/messaging.py": (
        "QUEUES = ()\nTOPIC = 'events'\nDOWNSTREAM = {}\nBUCKETS = ('media',)\n"
        "MEDIA_FOLDERS = ()\n"
        "def physical_name(name): return f'local-{name}'\n"
    ),
    "ecommerce/wsgi.py": (
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [b'ok']\n"
    ),
}
# A terminal's programs take interrupts, also where whoever runs the tests ignores them: make would, too.
_FROM_A_TERMINAL = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)
os.execvp("sh", ["sh", "-c", sys.argv[1]])
"""
WELCOME = "The shop is open."


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """The folder of a checkout, and what a person does in it."""

    root: Path

    @classmethod
    def make(cls, *, root: Path) -> "Checkout":
        """Lay the files out; the two environments are those of the real checkout."""
        for name, text in _FILES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        ignored = shutil.ignore_patterns("__pycache__", "catalogue")
        for name in ("dev", "examples"):
            shutil.copytree(ROOT / name, root / name, ignore=ignored, dirs_exist_ok=True)
        (root / ".venv").symlink_to(Path(sys.prefix))
        (root / ".venv-emulator").symlink_to(ROOT / ".venv-emulator")
        return cls(root=root)

    @contextmanager
    def running(
        self,
        *,
        port: int | None = None,
        script: str = "exec .venv/bin/python -m dev.run",
        **environment: str,
    ) -> Iterator["Run"]:
        """`python -m dev.run`, or a script that ends in it; ended whatever happens."""
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        chosen = port or ports.find_free()
        output = self.root / "output.txt"
        with output.open("w") as file:
            popen = subprocess.Popen(
                [sys.executable, "-c", _FROM_A_TERMINAL, script],
                cwd=self.root,
                env=kept | {"PORT": str(chosen)} | environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        run = Run(checkout=self, popen=popen, port=chosen, output=output)
        try:
            yield run
        finally:
            if popen.poll() is None:
                popen.terminate()
                popen.wait(timeout=30)

    def processes(self) -> list[Process]:
        """Everything that runs out of this folder."""
        return [one for one in everything() if f"{self.root}/" in one.command]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A runner at work."""

    checkout: Checkout
    popen: "subprocess.Popen[bytes]"
    port: int
    output: Path

    def said(self) -> str:
        """All that it and its children have written."""
        return self.output.read_text()

    def opened(self) -> "Run":
        """Wait until the shop is open."""
        until(lambda: WELCOME in self.said() or self.popen.poll() is not None)
        assert WELCOME in self.said(), self.said()
        return self

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.popen.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        return self.popen.wait(timeout=30)


def until(condition: Callable[[], bool], *, seconds: float = 40) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.03)
