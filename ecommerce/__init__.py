"""The project: settings, URLs, the Celery app and the entries that a server calls."""

from ecommerce.celery import app as celery_app

__all__ = ["celery_app"]
