"""Settings for a control: every request reads the database, as a session or a user look-up would."""

from collections.abc import Callable
from typing import Any

from ecommerce.settings.test import *  # noqa: F403

MIDDLEWARE = [*MIDDLEWARE, "tests.faults.reading.ReadsDatabase"]  # noqa: F405


class ReadsDatabase:
    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        from django.db import OperationalError, connection
        from django.http import HttpResponse

        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except OperationalError:
            return HttpResponse("{}", status=503, content_type="application/json")
        return self.get_response(request)
