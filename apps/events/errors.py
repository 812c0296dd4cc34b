from apps.core.errors import DomainError


class OutsideTransaction(RuntimeError):
    """An event was published outside a transaction: it could be true without being told, or the reverse."""


class UnknownSystem(DomainError):
    code = "unknown_system"
    status = 400
    message = "No downstream system has this name."


class NothingChosen(DomainError):
    code = "nothing_chosen"
    status = 400
    message = "No events were chosen, so nothing was sent."


class ReceiptsMalformed(DomainError):
    """What a downstream system sent has no meaning here; the message says why."""

    code = "receipts_malformed"
    status = 400
    message = "These receipts cannot be read."


class LetterUnknown(DomainError):
    """`letters` in the details are the numbers that name none."""

    code = "letter_unknown"
    status = 404
    message = "There is no such dead letter."


class NothingDecided(DomainError):
    """What was asked for had been decided before; nothing has changed."""

    code = "nothing_decided"
    message = "This was decided before; nothing has changed."
