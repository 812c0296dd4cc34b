"""The queue on which jobs are worked."""

from uuid import UUID

from apps.core.gateways import task_app


def send(job_id: UUID, *, hops: int = 0) -> None:
    """Have a worker take a job up, or go on with it. Raises what the queue's client raises."""
    kwargs = {"job_id": str(job_id), "hops": hops}
    task_app().send_task("jobs.run", kwargs=kwargs, queue="bulk", retry=False)
