"""The laptop's PostgreSQL: keeps data and address, survives crashes and crowds, runs under any user."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from dev import account, postgres, processes
from dev.stage import ROOT
from tests.dev.checkout import until


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cluster") / "postgres"
    yield folder
    postgres.stop(data=folder, immediate=True)


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def crash(data: Path) -> None:
    server = postgres.server(data=data)
    assert server
    os.kill(server.pid, signal.SIGKILL)
    processes.wait_gone(processes=[server], seconds=5)


def test_a_restart_keeps_address_and_data(data: Path) -> None:
    url = postgres.start(data=data, durable=False)
    ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
    postgres.stop(data=data)
    assert not postgres.is_running(data=data)
    assert postgres.start(data=data) == url
    assert ask(url, "SELECT n FROM kept") == [(7,)]
    assert url.endswith("/shop")


def test_only_tests_may_lose_what_was_committed(data: Path) -> None:
    postgres.stop(data=data)
    assert ask(postgres.start(data=data, durable=False), "SHOW fsync") == [("off",)]
    postgres.stop(data=data)
    assert ask(postgres.start(data=data), "SHOW fsync") == [("on",)]


def test_it_listens_on_loopback_and_asks_for_the_password(data: Path) -> None:
    url = postgres.start(data=data)
    assert ask(url, "SHOW listen_addresses") == [("127.0.0.1",)]
    assert ask(url, "SHOW unix_socket_directories") == [("",)]
    password = url.split("shop:")[1].split("@")[0]
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url.replace(password, "wrong"))


def test_text_sorts_and_folds_alike_everywhere(data: Path) -> None:
    url = postgres.start(data=data)
    statement = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'shop'"
    if "PG_BINDIR" not in os.environ:
        assert ask(url, statement) == [("b", "C.UTF-8")]
    assert ask(url, "SELECT lower('ÉLAN'), current_setting('max_connections')") == [("élan", "200")]


def test_a_killed_server_comes_back_with_what_was_committed(data: Path) -> None:
    url = postgres.start(data=data)
    ask(url, "CREATE TABLE survived AS SELECT 1 AS n")
    crash(data)
    assert not postgres.is_running(data=data)
    assert postgres.start(data=data) == url
    assert ask(url, "SELECT n FROM survived") == [(1,)]


def test_a_pid_file_that_names_a_stranger_stops_nobody(data: Path) -> None:
    url = postgres.start(data=data)
    crash(data)
    located = account.current().place(data=data) / "postmaster.pid"
    lines = located.read_text().splitlines()
    located.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not postgres.is_running(data=data)
    postgres.stop(data=data)
    assert postgres.start(data=data) == url


def test_a_crash_that_nobody_reaps_does_not_lock_the_data(data: Path) -> None:
    url = postgres.start(data=data)
    crash(data)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    # It has ended and stays in the table of processes until we wait for it.
    until(lambda: processes.describe(pid=dead.pid) is None)
    located = account.current().place(data=data) / "postmaster.pid"
    lines = located.read_text().splitlines()
    located.write_text("\n".join([str(dead.pid), *lines[1:]]) + "\n")
    assert postgres.start(data=data) == url
    dead.wait()


def test_a_lost_database_is_made_again(data: Path) -> None:
    url = postgres.start(data=data)
    connection = psycopg2.connect(url.removesuffix("/shop") + "/postgres")
    connection.autocommit = True
    connection.cursor().execute("DROP DATABASE shop")
    connection.close()
    postgres.stop(data=data)
    assert ask(postgres.start(data=data), "SELECT 1") == [(1,)]


def test_many_who_start_the_same_cluster_get_one(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    command = [sys.executable, "-m", "dev.postgres"]
    starting = [
        subprocess.Popen(
            [*command, "start", str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    urls = {one.communicate(timeout=60)[0].strip() for one in starting}
    again = subprocess.run(
        [*command, "url", str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    subprocess.run([*command, "stop", str(folder)], cwd=ROOT, check=True)
    assert urls == {again.stdout.strip()}
    assert not postgres.is_running(data=folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_runs_it_as_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A checkout, and so the programs, that only root can read.
    tmp_path.chmod(0o700)
    package = account.find_programs().parents[1]
    for tree in package.parent.glob(f"{package.name}*"):
        shutil.copytree(tree, tmp_path / tree.name, symlinks=True)
    monkeypatch.setenv("PG_BINDIR", str(tmp_path / package.name / "pginstall" / "bin"))
    monkeypatch.setattr(account, "namespaces_work", lambda: False)
    with tempfile.TemporaryDirectory() as shared:
        monkeypatch.setattr(account, "SHARED", Path(shared))
        folder = tmp_path / "postgres"
        try:
            url = postgres.start(data=folder, durable=False)
            server = postgres.server(data=folder)
            assert server
            assert shared in server.command
            assert Path(f"/proc/{server.pid}").stat().st_uid != 0
            postgres.stop(data=folder)
            assert postgres.start(data=folder) == url
            assert ask(url, "SELECT 1") == [(1,)]
        finally:
            postgres.stop(data=folder)


def test_no_postgresql_is_a_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "find_programs", lambda: tmp_path)
    with pytest.raises(postgres.Failure, match="DATABASE_URL"):
        postgres.start(data=tmp_path / "postgres")
