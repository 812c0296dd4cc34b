import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.queues import Queues


@pytest.fixture
def working(queues: Queues) -> Iterator[None]:
    """A worker that runs what comes into the queues, in a thread of this process."""
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            queues.run_all()
            done.wait(0.05)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    done.set()
    thread.join()
