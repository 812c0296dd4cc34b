from apps.core.errors import DomainError


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
