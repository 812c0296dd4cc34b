"""What is decided about dead letters; announced to this app only."""

from apps.events.types import Event


class DeadLetterRedriven(Event, frozen=True, kw_only=True):
    """A dead letter shall be tried again."""

    type = "deadletters.letter.redriven.v1"
    subject = "letter_id"

    letter_id: int


class DeadLetterParked(Event, frozen=True, kw_only=True):
    """A dead letter stays where it is, for the reason given."""

    type = "deadletters.letter.parked.v1"
    subject = "letter_id"

    letter_id: int
    reason: str
