"""Announce facts (publish), react to them (subscribe) and bring them to their targets (relay)."""

from apps.events.services.peeking import peek_downstream
from apps.events.services.publishing import one_wake, publish, wake_relay_on_commit
from apps.events.services.relaying import relay
from apps.events.services.subscribing import subscribe

__all__ = ["one_wake", "peek_downstream", "publish", "relay", "subscribe", "wake_relay_on_commit"]
