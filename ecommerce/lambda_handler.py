"""The one entry of every function on AWS Lambda: HTTP requests, records of SQS, management commands.

An event is known by its shape. What is none of these is refused aloud, for what returns counts as done.
"""

import gc
import logging
from collections.abc import Mapping
from typing import Any

# What is loaded at start stays for good: to search it for garbage again and again would be in vain.
gc.disable()

import django
from django.conf import settings

from ecommerce.isolation import alone
from ecommerce.settings import secrets

logger = logging.getLogger(__name__)

# Commands that run whatever text they are given.
_SHELLS = frozenset({"shell", "dbshell"})


class Refused(Exception):
    """An event that is none of ours; Lambda tries it again and then gives it to the dead letters."""


class Failed(Exception):
    """An invocation that raised; its name is the kind of the error."""


def handler(event: Any, context: Any) -> Any:
    """Answer one invocation, of which nothing is left for the next.

    Raises Refused, or Failed: Lambda's runtime logs what is raised as it is, so the reason, which may
    hold personal data, is told by our log, which leaves them out.
    """
    secrets.renew_if_old()
    try:
        return alone(_answer, event, context)
    except Refused:
        raise
    except Exception as error:
        logger.exception("an invocation failed")
        raise Failed(type(error).__name__) from None


def _answer(event: Any, context: Any) -> Any:
    if not isinstance(event, Mapping):
        msg = "an event that is no object"
        raise Refused(msg)
    if "httpMethod" in event or "http" in (event.get("requestContext") or {}):
        from ecommerce import http_events  # the worker needs no pages

        return http_events.answer(event, context)
    if "Records" in event:
        return _work(event["Records"], context)
    if event.keys() == {"manage"}:
        return _manage(str(event["manage"]))
    msg = f"an event with {sorted(map(str, event))}"
    raise Refused(msg)


def _work(records: list[Mapping[str, Any]], context: Any) -> Any:
    sources = {record.get("eventSource") or record.get("EventSource") for record in records}
    if sources != {"aws:sqs"}:
        msg = f"records of {sorted(map(str, sources))}: only those of SQS are worked"
        raise Refused(msg)
    from ecommerce import queue_events  # the web needs no tasks

    return queue_events.work(records, context)


def _manage(text: str) -> dict[str, str]:
    """Run a management command, as `zappa manage` asks; its output is in the log."""
    import shlex

    from django.core.management import call_command

    command, *arguments = shlex.split(text) or [""]
    if not command or command in _SHELLS or settings.FUNCTION not in {"worker", ""}:
        msg = (
            f"the command {command!r}: shells never run, and no command where requests are answered"
        )
        raise Refused(msg)
    call_command(command, *arguments)
    return {"ran": command}


def _prepare() -> None:
    """Load while the function starts what its own events will need."""
    if settings.FUNCTION == "worker":
        django.setup()
        from ecommerce import queue_events

        queue_events.prepare()
    else:
        from ecommerce import http_events

        http_events.prepare()


_prepare()
gc.freeze()
gc.enable()
