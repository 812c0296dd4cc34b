"""The cache that functions share: a real server's answers, and none."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fakeredis import TcpFakeServer

from ecommerce.caching import SharedCache

OPTIONS = {"OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}}


@pytest.fixture
def shared() -> Iterator[SharedCache]:
    server = TcpFakeServer(("127.0.0.1", 0))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield SharedCache(f"redis://127.0.0.1:{server.server_address[1]}", OPTIONS)
    server.shutdown()
    server.server_close()


@pytest.fixture
def away() -> SharedCache:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return SharedCache(f"redis://127.0.0.1:{port}", OPTIONS)


def use(cache: Any) -> list[Any]:
    """What limits and bookmarks ask of a cache."""
    cache.set("bookmark", "here", 60)
    return [
        cache.add("orders", 1, 60),
        cache.add("orders", 1, 60),
        cache.incr("orders"),
        cache.get("bookmark"),
        cache.get("missing", "nothing"),
    ]


def test_counts_and_remembers(shared: SharedCache) -> None:
    assert use(shared) == [True, False, 2, "here", "nothing"]


def test_stops_nobody_while_it_is_away(away: SharedCache, caplog: pytest.LogCaptureFixture) -> None:
    assert use(away) == [True, True, 1, None, "nothing"]
    assert "the shared cache does not answer" in caplog.text
