"""How many relays run in this process, and whether they were asked to look once more."""

import threading
from collections import defaultdict

# Two, so that one's commits do not wait for the other's; those of a lane wait for the outside world.
_MOST_HERE, _MOST_OF_A_LANE = 2, 4


class Slots:
    """Who runs is counted and who asks is remembered under one lock, so that no request is lost."""

    def __init__(self, *, most: int) -> None:
        self._lock = threading.Lock()
        self._most = most
        self._running = 0
        self._asked = False

    def take(self) -> bool:
        """Begin to relay; False if enough do, who then look once more."""
        with self._lock:
            if self._running >= self._most:
                self._asked = True
                return False
            self._running += 1
            return True

    def ask(self) -> bool:
        """Let a relay of this process look once more; False if none runs here."""
        with self._lock:
            if self._running:
                self._asked = True
            return self._running > 0

    def leave(self, *, at_once: bool) -> bool:
        """Stop relaying; False if one was asked to look once more, and need not stop `at_once`."""
        with self._lock:
            if self._asked and not at_once:
                self._asked = False
                return False
            self._running -= 1
            return True


_lanes: defaultdict[str, Slots] = defaultdict(lambda: Slots(most=_MOST_OF_A_LANE))
_lanes[""] = Slots(most=_MOST_HERE)


def slots_of(lane: str) -> Slots:
    """The slots of a lane in this process; those of what needs no outside world have no name."""
    return _lanes[lane]
