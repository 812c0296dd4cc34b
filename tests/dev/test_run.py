"""`make run`: everything starts, everything ends, and each refusal says what to do."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from dev import emulator, ports, processes
from dev.stage import RunFile
from tests.dev.checkout import WELCOME, Checkout, Run, until


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    emulator.install()
    return Checkout.make(root=tmp_path_factory.mktemp("checkout").resolve())


@pytest.fixture(autouse=True)
def nothing_is_left(checkout: Checkout) -> object:
    yield
    left = checkout.processes()
    processes.kill(processes=left)
    assert left == []


def written(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> RunFile:
    monkeypatch.setattr("dev.stage.RUN_FILE", checkout.root / "var" / "run.json")
    run = RunFile.read()
    assert run
    return run


def outage(checkout: Checkout, seconds: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [".venv/bin/python", "-m", "dev.outage", str(seconds)],
        cwd=checkout.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def assert_tidy(run: Run) -> None:
    assert run.checkout.processes() == []
    assert not (run.checkout.root / "var" / "run.json").exists()


def test_an_interrupt_inherited_as_ignored_still_stops_everything(checkout: Checkout) -> None:
    script = "trap '' INT QUIT; exec .venv/bin/python -m dev.run"
    with checkout.running(script=script) as run:
        run.opened()
        commands = " ".join(one.command for one in checkout.processes())
        assert all(name in commands for name in ("gunicorn", "celery", "emulator_launcher"))
        run.signal(signal.SIGINT)
        assert run.ended() == 0
        assert_tidy(run)
    assert (checkout.root / "var" / "log" / "migrate.log").read_text() == "migrate --noinput\n"


@pytest.mark.nightly
def test_make_interrupted_alone_still_stops_everything(checkout: Checkout) -> None:
    with checkout.running(script="exec make run") as run:
        run.opened()
        run.signal(signal.SIGINT)
        until(lambda: not checkout.processes(), seconds=20)
        run.ended()
        assert_tidy(run)


def test_a_stop_while_starting_leaves_nothing(checkout: Checkout) -> None:
    with checkout.running() as run:
        until((checkout.root / "var" / "run.json").exists)
        run.signal(signal.SIGTERM)
        assert run.ended() == 0
        assert WELCOME not in run.said()
        assert_tidy(run)


@pytest.mark.nightly
def test_a_dead_child_ends_the_run_and_is_named(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    with checkout.running() as run:
        run.opened()
        os.kill(written(checkout, monkeypatch).pids["worker"].pid, signal.SIGKILL)
        assert run.ended() == 1
        assert "worker has ended (signal SIGKILL)" in run.said()
        assert_tidy(run)


@pytest.mark.nightly
def test_a_dead_database_ends_the_run_and_is_named(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    with checkout.running() as run:
        run.opened()
        os.kill(written(checkout, monkeypatch).pids["postgres"].pid, signal.SIGKILL)
        assert run.ended() == 1
        assert "PostgreSQL has ended" in run.said()
        assert_tidy(run)


def test_a_failing_step_ends_the_run_with_its_last_words(checkout: Checkout) -> None:
    manage = checkout.root / "manage.py"
    before = manage.read_text()
    manage.write_text("import sys\nsys.exit('the tables are on strike')\n")
    try:
        with checkout.running() as run:
            assert run.ended() == 1
            # They run side by side, and either may be the first to end.
            assert re.search(r"(migrate|collectstatic) has ended \(exit code 1\)", run.said())
            assert run.said().count("the tables are on strike") >= 2
            assert_tidy(run)
    finally:
        manage.write_text(before)


def test_a_taken_port_is_refused_with_a_free_one(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with checkout.running(port=port) as run:
            assert run.ended() == 1
            assert f"Port {port} is taken" in run.said()
            assert "make run PORT=" in run.said()


@pytest.mark.nightly
def test_the_port_is_held_from_the_start(checkout: Checkout) -> None:
    with checkout.running() as run:
        until((checkout.root / "var" / "run.json").exists)
        assert WELCOME not in run.said()
        with pytest.raises(OSError, match="in use"):
            ports.hold(preferred=run.port)
        run.opened()
        run.signal(signal.SIGTERM)
        assert run.ended() == 0
        ports.hold(preferred=run.port).close()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "http", "PORT=http is not a port"),
        ("DATABASE_URL", "postgresql://a:hidden@127.0.0.1:1/a", "DATABASE_URL refuses"),
    ],
)
def test_a_wrong_setting_is_refused(
    checkout: Checkout, name: str, value: str, message: str
) -> None:
    with checkout.running(**{name: value}) as run:
        assert run.ended() == 1
        assert message in run.said()
        assert "hidden" not in run.said()


@pytest.mark.nightly
def test_the_next_start_ends_orphans_and_a_second_run_is_refused(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = ports.find_free()
    with checkout.running(port=port) as killed:
        killed.opened()
        orphans = written(checkout, monkeypatch).pids
        killed.signal(signal.SIGKILL)
        killed.ended()
    assert processes.is_alive(process=orphans["web"])
    with checkout.running(port=port) as run:
        run.opened()
        assert not any(processes.is_alive(process=one) for one in orphans.values())
        second = subprocess.run(
            [".venv/bin/python", "-m", "dev.run"],
            cwd=checkout.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert f"already runs at http://127.0.0.1:{port}/" in second.stderr
        check_outages(run=run, before=written(checkout, monkeypatch))
        run.signal(signal.SIGTERM)
        assert run.ended() == 0
        assert_tidy(run)


def check_outages(*, run: Run, before: RunFile) -> None:
    """An outage is no death, gives the same database back, and its killing is made good."""
    checkout = run.checkout
    address = before.database_url.rpartition("@")[2].partition("/")[0].partition(":")
    port = int(address[2])
    interrupted = outage(checkout, 60)
    until(lambda: ports.is_free(port=port))
    time.sleep(0.5)
    interrupted.send_signal(signal.SIGINT)
    said = interrupted.communicate(timeout=20)[0]
    assert "PostgreSQL is back" in said
    assert not ports.is_free(port=port)
    killed = outage(checkout, 60)
    until(lambda: ports.is_free(port=port))
    killed.kill()
    killed.communicate()
    until(lambda: not ports.is_free(port=port))
    assert run.popen.poll() is None, run.said()
    assert not Path(checkout.root / "var" / "outage.json").exists()
