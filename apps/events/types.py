"""What an event is: a fact in the past tense, with ids and plain values only."""

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, announced once and kept for ever.

    `type` is `<app>.<noun>.<past verb>.v<version>`, `subject` the field that names what the fact is
    about, `audience` the downstream systems that hear it over SNS.
    """

    type: ClassVar[str]
    subject: ClassVar[str]
    audience: ClassVar[frozenset[str]] = frozenset()
