from apps.core.errors import DomainError


class NotStopped(DomainError):
    """Only a job that was stopped can go on."""

    code = "job_not_stopped"
    message = "This job is not stopped."


class AlreadyOver(DomainError):
    """A job that is over cannot be stopped."""

    code = "job_over"
    message = "This job is over, or was stopped before."


class NothingFailed(DomainError):
    """There is nothing to try again."""

    code = "nothing_failed"
    message = "No row of this job failed, or it is still running."
