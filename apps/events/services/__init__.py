"""Announce facts (publish), react to them (subscribe), and bring them to their targets (relay)."""

from apps.events.services.measuring import report_lag
from apps.events.services.personalising import personalise
from apps.events.services.publishing import one_wake, publish, send_directly, wake_relay_on_commit
from apps.events.services.relaying import MOST_HOPS, relay, sweep
from apps.events.services.subscribing import subscribe

__all__ = [
    "MOST_HOPS",
    "one_wake",
    "personalise",
    "publish",
    "relay",
    "report_lag",
    "send_directly",
    "subscribe",
    "sweep",
    "wake_relay_on_commit",
]
