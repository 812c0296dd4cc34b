"""Refusals. A refusal is an answer, not a bug: edges show it, and nothing has changed."""

from typing import Any, ClassVar

from django.db import DatabaseError, InterfaceError, OperationalError

# Classes of PostgreSQL's codes: the connection is lost; a shutdown, a crash or a start ends sessions.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_AWAY = ("08", "57P")


class DomainError(Exception):
    """A request that the shop understands and refuses; `code` never changes, `message` is for people."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "The shop refuses this request."
    retry_after_seconds: int | None = None

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message or self.message)
        self.details = details

    def __str__(self) -> str:
        return str(self.args[0])


class NotFound(DomainError):
    """What was asked for is not there, or not the caller's to see."""

    code = "not_found"
    status = 404
    message = "There is nothing here."


class InvalidInput(DomainError):
    """A value that cannot be used; `errors` in the details names the fields."""

    code = "invalid_input"
    status = 400
    message = "Some of the values cannot be used."


class SignatureInvalid(DomainError):
    """A message from another system that did not sign it, or signed it too long ago."""

    code = "signature_invalid"
    status = 401
    message = "The signature does not fit the body, or it is more than five minutes old."


class TooMany(DomainError):
    """More than a limit allows, by whoever the limit is for; `wait_seconds` until it begins anew."""

    code = "throttled"
    status = 429
    message = "That was too much at once. Please wait a little and try again."

    retry_after_seconds: int

    def __init__(self, *, wait_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = wait_seconds


class TemporarilyUnavailable(DomainError):
    """Something the request needs does not answer now; the same request may succeed shortly."""

    code = "temporarily_unavailable"
    status = 503
    message = "The shop cannot take this right now. Please try again in a moment."
    retry_after_seconds = 5


def is_outage(error: BaseException) -> bool:
    """Whether the database is away, rather than refusing one piece of work.

    A deadlock's victim, a statement that took too long and a row that exceeds a limit are also told as
    OperationalError; they have a code, and the next piece of work may go well.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(_AWAY)


def broken_constraint(error: DatabaseError) -> str:
    """The name of the constraint that refused the row, as PostgreSQL reports it."""
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))


def broken_table(error: DatabaseError) -> str:
    """The table that refused the row, as PostgreSQL reports it; empty where it names none."""
    return str(getattr(getattr(error.__cause__, "diag", None), "table_name", None) or "")
