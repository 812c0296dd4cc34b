"""A TCP proxy that a test can slow down, close, or let cut a conversation after so many bytes."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Passes bytes between whoever connects to `port` and the server behind it."""

    def __init__(self, *, host: str, port: int) -> None:
        self._behind = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.is_down = False
        self.latency = 0.0
        self.passed = 0
        self._cut_at: int | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def serve(self) -> None:
        """Accept connections until the listener is closed."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def go_down(self) -> None:
        """Break every conversation, and refuse new ones."""
        self.is_down = True
        self._cut_all()

    def come_back(self) -> None:
        """Let conversations through again."""
        self.is_down = False

    def cut_after(self, count: int) -> None:
        """Break every conversation once so many more bytes have passed, in either direction."""
        with self._lock:
            self._cut_at = self.passed + count

    def stop(self) -> None:
        """Close everything."""
        self._listener.close()
        self._cut_all()

    def _connect(self, client: socket.socket) -> None:
        if self.is_down:
            _reset(client)
            return
        try:
            server = socket.create_connection(self._behind, timeout=10)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {client, server}
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                time.sleep(self.latency)
                allowed = self._allow(len(data))
                target.sendall(data[:allowed])
                if allowed < len(data):
                    self._cut_all()
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            with self._lock:
                self._open.discard(one)

    def _allow(self, count: int) -> int:
        with self._lock:
            if self._cut_at is not None and self.passed + count >= self._cut_at:
                count = max(0, self._cut_at - self.passed - 1)
                self._cut_at = None
            self.passed += count
            return count

    def _cut_all(self) -> None:
        with self._lock:
            broken, self._open = self._open, set()
        for one in broken:
            _reset(one)


def _reset(connection: socket.socket) -> None:
    """End a connection with RST, as a machine that vanished would."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def proxy(*, host: str, port: int) -> Iterator[Proxy]:
    """A proxy in front of a server, as long as the block."""
    running = Proxy(host=host, port=port)
    threading.Thread(target=running.serve, daemon=True).start()
    try:
        yield running
    finally:
        running.stop()
