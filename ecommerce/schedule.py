"""Every periodic task, one table: run by `celery beat` on a laptop, by EventBridge on AWS.

A run that could not begin before the next is due is dropped (`expires`): an outage must not pile them up.
"""

import json
from collections.abc import Mapping
from typing import Any

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from ecommerce.installed import modules_of_apps


def _each_minute(task: str) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(), "options": {"expires": 55}}


def _every_five_minutes(task: str) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(minute="*/5"), "options": {"expires": 290}}


def _hourly(task: str, *, minute: str) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(minute=minute), "options": {"expires": 3_300}}


def _nightly(task: str, *, hour: str, minute: str) -> dict[str, Any]:
    schedule = crontab(hour=hour, minute=minute)
    return {"task": task, "schedule": schedule, "options": {"expires": 23 * 3_600}}


SCHEDULE: dict[str, dict[str, Any]] = {
    "relay what a crash left in the outbox": _each_minute("events.sweep"),
    "collect dead letters": _each_minute("deadletters.collect"),
    "tell how far deliveries lag behind": _each_minute("events.report_lag"),
    "free what was promised to lost orders": _each_minute("inventory.release_expired"),
    "cancel orders that nobody paid in time": _each_minute("orders.expire_unpaid_orders"),
    "cancel orders that no manager approved in time": _each_minute(
        "orders.expire_unapproved_orders"
    ),
    "give up shipments that are late": _each_minute("shipping.give_up_overdue"),
    "go on with orders whose message was lost": _every_five_minutes("orders.resume_placed_orders"),
    "look again for orders that were not found": _every_five_minutes("orders.look_again"),
    "go on with a check that was broken off": _every_five_minutes("audit.resume_check"),
    "compare the payment gateways with the ledger": _every_five_minutes("payments.reconcile"),
    "go on with jobs that nobody works": _every_five_minutes("jobs.resume_lost"),
    "hold the shop against its promises": _hourly("audit.check_shop", minute="7"),
    "hold the whole shop against its promises": _nightly("audit.check_all", hour="2", minute="10"),
    "let go of what was kept long enough": _nightly("audit.prune", hour="4", minute="40"),
    "recount the stock": _nightly("inventory.recount", hour="3", minute="20"),
}


def add_rows(rows: Mapping[str, dict[str, Any]], *, of: str) -> None:
    """Let the clock run an app's tasks, too. Raises ImproperlyConfigured where it would replace another's."""
    if twice := SCHEDULE.keys() & rows.keys():
        msg = f"{of} names rows of the schedule that there are: {', '.join(sorted(twice))}"
        raise ImproperlyConfigured(msg)
    SCHEDULE.update(rows)


for _module in modules_of_apps("schedule"):
    add_rows(_module.SCHEDULE, of=_module.__name__)


def scheduler_input(row: dict[str, Any]) -> str:
    """What EventBridge Scheduler sends to its task's queue for a row of the table; it never changes."""
    return json.dumps({"task": row["task"], "expires_after": row["options"]["expires"]})
