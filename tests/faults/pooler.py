"""pgbouncer in transaction mode, which stands for RDS Proxy: where the machine has it."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from dev import account, ports

_SETTINGS = """
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 40
ignore_startup_parameters = extra_float_digits,options
"""


def find_pooler() -> str | None:
    """The program, or None where nobody has installed it."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def pooled(url: str, *, folder: Path) -> Iterator[str]:
    """The address of a pool of 40 connections to a database; without pgbouncer, the database's own."""
    program = find_pooler()
    if program is None:
        yield url
        return
    parts = urlsplit(url)
    own = ports.find_free()
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        _SETTINGS.format(
            host=parts.hostname,
            port=parts.port,
            user=parts.username,
            password=parts.password or "",
            own=own,
        )
    )
    # It refuses to run as root, as PostgreSQL does.
    command = [*account.current().prefix, program, "--quiet", str(settings)]
    with (folder / "pgbouncer.log").open("w") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_for(own, log=folder / "pgbouncer.log")
            yield f"postgresql://{parts.username}@127.0.0.1:{own}{parts.path}"
        finally:
            running.terminate()
            running.wait(10)


def _wait_for(port: int, *, log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(log.read_text())
