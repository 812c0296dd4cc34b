"""What an event is: a fact in the past tense, with ids and plain values only."""

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, announced once, kept for EVENTS_KEPT_DAYS and never changed.

    `type` is `<app>.<noun>.<past verb>.v<version>`, `subject` the field that names what the fact is
    about. A `public` one is part of the contract with downstream systems: it is published over SNS, and the
    settings say who hears it. `personal` are fields that tell of a
    person: they are never stored, are empty for handlers of ours, and are read from the rows they belong
    to when the event is published, so that who was erased is not told of again. They need a default.
    """

    type: ClassVar[str]
    subject: ClassVar[str]
    public: ClassVar[bool] = False
    personal: ClassVar[frozenset[str]] = frozenset()


def heard(subject: str) -> str:
    """SQL that holds once our handlers have heard all about a subject, given as an SQL expression."""
    return f"""
    NOT EXISTS (
        SELECT FROM events_outboxmessage unheard
        WHERE unheard.subject = {subject} AND unheard.fanned_out_at IS NULL
    ) AND NOT EXISTS (
        SELECT FROM events_delivery waiting
        WHERE waiting.subject = {subject} AND waiting.delivered_at IS NULL
            AND waiting.target LIKE '%%.%%'
    )
    """  # noqa: S608 - our own SQL
