"""Announce facts (publish), react to them (subscribe), bring them to their targets (relay), and mend
what did not get through (dead letters, replays).
"""

from apps.events.services.burying import (
    collect_dead_letters,
    note_failure,
    park,
    redrive,
    send_again,
)
from apps.events.services.measuring import report_lag
from apps.events.services.peeking import peek_downstream
from apps.events.services.personalising import personalise
from apps.events.services.publishing import one_wake, publish, wake_relay_on_commit
from apps.events.services.receipting import note_receipts
from apps.events.services.relaying import MOST_HOPS, relay, sweep
from apps.events.services.replaying import replay_events
from apps.events.services.subscribing import subscribe

__all__ = [
    "MOST_HOPS",
    "collect_dead_letters",
    "note_failure",
    "note_receipts",
    "one_wake",
    "park",
    "peek_downstream",
    "personalise",
    "publish",
    "redrive",
    "relay",
    "replay_events",
    "report_lag",
    "send_again",
    "subscribe",
    "sweep",
    "wake_relay_on_commit",
]
