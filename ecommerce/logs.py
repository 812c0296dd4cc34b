"""One line of JSON for each log record, telling which request, order and trace it belongs to."""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.core.registry import known_secrets
from apps.core.services import begin_log, log_about, log_facts
from ecommerce import telemetry

# CloudWatch takes 256 KiB in a line; a traceback that is longer than this repeats itself.
_LONGEST = 30_000
_TRACE = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})")


class JsonFormatter(logging.Formatter):
    """Writes a record as one line, without secrets and personal data; it never raises."""

    def format(self, record: logging.LogRecord) -> str:
        from ecommerce.redaction import redact  # a quiet start needs no patterns

        secrets = [one for one in _known_secrets() if len(one) >= 8]
        moment = datetime.fromtimestamp(record.created, tz=UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(_text_of(record), secrets=secrets)[:_LONGEST],
            "stage": settings.STAGE,
            "function": settings.FUNCTION,
            **log_facts(),
        }
        if record.exc_info:
            raised = self.formatException(record.exc_info)
            line["exception"] = redact(raised, secrets=secrets)[-_LONGEST:]
        return json.dumps(line, ensure_ascii=False, default=str)


def _text_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a remark that was written wrongly is no reason to lose it
        return str(record.msg)


def _known_secrets() -> Iterator[str]:
    yield from (*settings.SECRET_KEY_FALLBACKS, *settings.STATUS_KEYS)
    yield from (settings.SECRET_KEY, *known_secrets())
    yield from settings.DOWNSTREAM_SECRETS.values()
    yield from (str(one.get("PASSWORD") or "") for one in settings.DATABASES.values())
    names = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    yield from (os.environ.get(name, "") for name in names)


def trace_of(header: str) -> str:
    """The root of an X-Ray trace, or a new one in the same form."""
    if found := _TRACE.search(header):
        return found[1]
    return f"1-{int(time.time()):08x}-{uuid4().hex[:24]}"


class LogMiddleware:
    """Lets every line say which request it belongs to, and which order the address names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        gateway: dict[str, Any] = request.META.get("apig_wsgi.request_context") or {}
        header = request.headers.get("X-Amzn-Trace-Id") or os.environ.get("_X_AMZN_TRACE_ID", "")
        trace_id = telemetry.current_trace() or trace_of(header)
        begin_log(request_id=str(gateway.get("requestId") or uuid4()), trace_id=trace_id)
        # Not taken back afterwards: Django tells of an answer when all middleware is done.
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> None:
        """Note the order, where the address has one."""
        if order_id := kwargs.get("order_id"):
            log_about(order_id=str(order_id))
