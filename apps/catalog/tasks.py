from typing import Any

from celery import shared_task

from apps.catalog import services


@shared_task(name="catalog.make_renditions")
def make_renditions(*, names: list[str], **_future: Any) -> None:
    """Files that came into the bucket. A storage that fails raises, and the queue brings them again."""
    for name in names:
        services.make_renditions(name=name)
