import msgspec


class Invariant(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must always hold. `sql` finds what breaks it: rows of (subject, what is wrong)."""

    code: str
    promise: str
    sql: str


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One broken promise."""

    code: str
    promise: str
    subject: str
    detail: str
