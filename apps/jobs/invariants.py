"""What jobs promise."""

from apps.core.types import Invariant

SCOPES = ()

INVARIANTS = (
    Invariant(
        code="J1",
        promise="a job that was done of late counts what its rows say, and leaves none of them waiting",
        sql="""
        SELECT job.id, format('%%s and %%s counted of %%s; %%s done, %%s failed, %%s waiting',
            job.done, job.failed, job.rows, count(*) FILTER (WHERE item.state = 'done'),
            count(*) FILTER (WHERE item.state = 'failed'),
            count(*) FILTER (WHERE item.state = 'waiting'))
        FROM jobs_job job LEFT JOIN jobs_jobrow item ON item.job_id = job.id
        WHERE job.state = 'done' AND job.finished_at > now() - interval '2 days'
        GROUP BY job.id
        HAVING job.done <> count(*) FILTER (WHERE item.state = 'done')
            OR job.failed <> count(*) FILTER (WHERE item.state = 'failed')
            OR count(*) FILTER (WHERE item.state = 'waiting') > 0
        """,
    ),
)
