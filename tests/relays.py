"""Bring all that was announced to its targets, in this process: every lane, until nothing is due."""

from apps.events import services

LANES = ("", "payments", "mails")


def relay() -> int:
    """The deliveries made."""
    made = 0
    while count := sum(services.relay(lane=lane) for lane in LANES):
        made += count
    return made
