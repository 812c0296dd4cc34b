from typing import Any
from uuid import UUID

from celery import shared_task

from apps.jobs import services


@shared_task(name="jobs.run")
def run(*, job_id: str, hops: int = 0, **_future: Any) -> bool:
    """Work a job for as long as one task may; whether it is over, or not ours to work.

    A repeat goes on with the rows that wait. An outage raises, and the message comes again.
    """
    return services.run_job(job_id=UUID(job_id), hops=hops)


@shared_task(name="jobs.resume_lost")
def resume_lost(**_future: Any) -> int:
    """Every five minutes: jobs whose worker or message is gone."""
    return services.resume_lost_jobs()
