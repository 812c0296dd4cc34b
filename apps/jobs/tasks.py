from typing import Any
from uuid import UUID

from celery import shared_task

from apps.jobs import services


@shared_task(name="jobs.run")
def run(*, job_id: str, hops: int = 0, **_future: Any) -> bool:
    return services.run_job(job_id=UUID(job_id), hops=hops)


@shared_task(name="jobs.resume_lost")
def resume_lost(**_future: Any) -> int:
    """Every five minutes: jobs whose worker or message is gone."""
    return services.resume_lost_jobs()
