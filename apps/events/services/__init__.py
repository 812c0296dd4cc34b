"""Announce facts (publish), react to them (subscribe), and bring them to their targets (relay)."""

from apps.events.services.personal_data import personalise
from apps.events.services.publication import one_wake, publish, send_directly, wake_relay_on_commit
from apps.events.services.relays import MOST_HOPS, relay, report_lag, sweep
from apps.events.services.subscriptions import subscribe, subscriptions_to

__all__ = [
    "MOST_HOPS",
    "one_wake",
    "personalise",
    "publish",
    "relay",
    "report_lag",
    "send_directly",
    "subscribe",
    "subscriptions_to",
    "sweep",
    "wake_relay_on_commit",
]
