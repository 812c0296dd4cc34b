import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from tests.queues import Queues


@contextmanager
def at_work(queues: Queues) -> Iterator[None]:
    """A worker that runs what comes into the queues, in a thread of this process."""
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            queues.run_all()
            done.wait(0.05)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture
def working(queues: Queues) -> Iterator[None]:
    with at_work(queues):
        yield
