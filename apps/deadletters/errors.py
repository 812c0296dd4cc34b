from apps.core.errors import DomainError


class LetterUnknown(DomainError):
    """`letters` in the details are the numbers that name none."""

    code = "letter_unknown"
    status = 404
    message = "There is no such dead letter."


class NothingDecided(DomainError):
    """What was asked for had been decided before; nothing has changed."""

    code = "nothing_decided"
    message = "This was decided before; nothing has changed."
