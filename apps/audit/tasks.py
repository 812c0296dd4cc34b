from typing import Any

from celery import shared_task

from apps.audit import services


@shared_task(name="audit.check_shop")
def check_shop(**_future: Any) -> int:
    return services.check_shop()
