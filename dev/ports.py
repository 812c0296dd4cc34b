"""Ports on loopback."""

import random
import socket

# Below the range that Linux and macOS give to outgoing connections: a client that retries while
# a server is down could otherwise sit on the server's port, or even connect to itself.
_FIRST, _LAST = 20_000, 32_000
_BACKLOG, _HOLD_ATTEMPTS = 128, 5


def is_free(*, port: int) -> bool:
    """Whether a server could listen here now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def find_free(*, preferred: int | None = None) -> int:
    """The preferred port if it is free, so that addresses survive a restart; else any free one."""
    if preferred is not None and is_free(port=preferred):
        return preferred
    port = _draw()
    while not is_free(port=port):
        port = _draw()
    return port


def hold(*, preferred: int, any_other: bool = False) -> socket.socket:
    """A socket that listens on the port from now on, to be handed to the server that is to answer there.

    Whoever calls meanwhile waits; nobody can take the port before the server is up. `any_other` takes
    a free port if the preferred one is taken. Raises OSError.
    """
    for _ in range(_HOLD_ATTEMPTS if any_other else 1):
        port = find_free(preferred=preferred) if any_other else preferred
        try:
            return socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        except OSError as error:
            lost = error
    raise lost


def next_free(*, after: int) -> int:
    """The first free port above a taken one, to suggest."""
    return next(port for port in range(after + 1, 65_536) if is_free(port=port))


def _draw() -> int:
    return random.randrange(_FIRST, _LAST)  # noqa: S311 - chance is enough
