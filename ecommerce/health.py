"""Is the process up, and does what it depends on answer?"""

import time
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse

from apps.core.gateways import aws_client
from ecommerce.messaging import QUEUES, physical_name


def healthz(request: HttpRequest) -> JsonResponse:
    """The process is up; nothing else is asked."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Database, queues and topic, one by one; 503 if any does not answer.

    Whoever asks again within a second hears the same: asking is cheap for the asker only.
    """
    results = _results(int(time.monotonic()))
    ready = all(result == "ok" for result in results.values())
    body = {"status": "ok" if ready else "unavailable", **results}
    return JsonResponse(body, status=200 if ready else 503)


@lru_cache(maxsize=1)
def _results(second: int) -> dict[str, str]:
    checks = {"database": _database, "queue": _queues, "topic": _topic}
    return {name: _result_of(check) for name, check in checks.items()}


def _result_of(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the answer
        return type(error).__name__
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _queues() -> None:
    for queue in QUEUES:
        url = f"{settings.SQS_BASE_URL}/{physical_name(queue.name)}"
        aws_client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])


def _topic() -> None:
    aws_client("sns").get_topic_attributes(TopicArn=settings.SNS_TOPIC_ARN)
