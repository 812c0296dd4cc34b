from pathlib import Path
from typing import Self

from apps.core.errors import DomainError


class NoSales(DomainError):
    code = "no_sales"
    status = 400
    message = "There is no CSV file of sales with the expected columns here."

    @classmethod
    def in_folder(cls, path: Path) -> Self:
        """There is no file to read at all."""
        return cls(f"There is no CSV file at {path}.", path=str(path))

    @classmethod
    def without_columns(cls, path: Path, *, missing: list[str], found: list[str]) -> Self:
        """A file whose first line does not name the columns."""
        names = ", ".join(found) if any(found) else "no headings"
        return cls(
            f"{path} lacks the columns {', '.join(missing)}; its first line has: {names[:500]}.",
            path=str(path),
            missing_columns=missing,
            found=found,
        )


class NotBooked(DomainError):
    """A row of the plan that cannot stand in the books."""

    code = "not_booked"
    status = 409
    message = "This row could not be booked."


class JobStopped(DomainError):
    code = "job_stopped"
    status = 409

    @classmethod
    def named(cls, title: str) -> Self:
        """Somebody has stopped the job of this title."""
        return cls(
            f"“{title}” was stopped (Jobs, in the back office). Let it go on there, then run this again."
        )


class WorkerSilent(DomainError):
    code = "worker_silent"
    status = 503
    message = (
        "For a minute nothing went on, although there is work that waits. "
        "Does a worker run? (`make run` starts one.)"
    )
