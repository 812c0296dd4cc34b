import msgspec


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One broken promise."""

    code: str
    promise: str
    subject: str
    detail: str
