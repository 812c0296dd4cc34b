"""The template of what calls the worker function: its queues and the clock, from `ecommerce`."""

import re
from dataclasses import dataclass
from typing import Any

from ecommerce.messaging import QUEUES
from ecommerce.schedule import SCHEDULE, scheduler_input
from ecommerce.settings.base import CELERY_TASK_DEFAULT_QUEUE, CELERY_TASK_ROUTES
from infra.messaging import logical_name

_DESCRIPTION = (
    "What calls the worker function: its queues and the clock. Apart, because it can only be made after "
    "the functions, is switched off as one while the database is being moved, and because Zappa's own "
    "mapping would lose failed messages."
)
_EVERY_MINUTE, _EVERY_FIVE_MINUTES = 1, 5
# The least that AWS allows; the emulator reads a parameter as text, and a limit must be a number.
_FEWEST = 2


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """How many messages one invocation gets, and how long it may wait for them."""

    size: int
    window_seconds: int


# An order waits for nobody; background work is gathered. What asks a bank, or takes long, comes singly:
# the messages of one invocation are worked one after the other.
BATCHES = {
    "orders": _Batch(size=5, window_seconds=0),
    "tasks": _Batch(size=10, window_seconds=1),
    "payments": _Batch(size=1, window_seconds=0),
    "mails": _Batch(size=1, window_seconds=0),
    "refunds": _Batch(size=2, window_seconds=0),
    "bulk": _Batch(size=1, window_seconds=0),
}


def template() -> dict[str, Any]:
    """The template of the stack that lets queues and the schedule call the functions."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": _DESCRIPTION,
        "Parameters": _parameters(),
        "Conditions": {
            "CallsAnAlias": {"Fn::Not": [{"Fn::Equals": [{"Ref": "WorkerAlias"}, ""]}]},
            "Enabled": {"Fn::Equals": [{"Ref": "BindingsEnabled"}, "true"]},
            "OnAws": {"Fn::Equals": [{"Ref": "Emulator"}, "false"]},
        },
        "Resources": {**_mappings(), **_schedules()},
    }


def _parameters() -> dict[str, Any]:
    text = {"Type": "String"}
    queues = {f"{logical_name(queue.name)}QueueArn": text for queue in QUEUES}
    limits = {
        f"{logical_name(queue.name)}Concurrency": {
            "Type": "Number",
            "MinValue": _FEWEST,
            "MaxValue": 1000,
            "Description": f"How many workers may work on {queue.name} at once",
        }
        for queue in QUEUES
    }
    return {
        "Stage": text,
        "Emulator": {"Type": "String", "AllowedValues": ["true", "false"], "Default": "false"},
        "WorkerFunction": text,
        "WorkerAlias": {"Type": "String", "Description": "Empty: the newest code"},
        "SchedulerRoleArn": text,
        "BindingsEnabled": {"Type": "String", "AllowedValues": ["true", "false"]},
        **queues,
        **limits,
    }


def _mappings() -> dict[str, Any]:
    return {f"{logical_name(queue.name)}ToWorker": _mapping(queue.name) for queue in QUEUES}


def _mapping(queue: str) -> dict[str, Any]:
    logical = logical_name(queue)
    by_alias = {"Fn::Sub": "${WorkerFunction}:${WorkerAlias}"}
    return {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Ref": f"{logical}QueueArn"},
            "FunctionName": {"Fn::If": ["CallsAnAlias", by_alias, {"Ref": "WorkerFunction"}]},
            "Enabled": {"Ref": "BindingsEnabled"},
            "BatchSize": BATCHES[queue].size,
            "MaximumBatchingWindowInSeconds": BATCHES[queue].window_seconds,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {
                "MaximumConcurrency": {
                    "Fn::If": ["OnAws", {"Ref": f"{logical}Concurrency"}, _FEWEST]
                }
            },
        },
    }


def _schedules() -> dict[str, Any]:
    group = {
        "Type": "AWS::Scheduler::ScheduleGroup",
        "Properties": {"Name": {"Fn::Sub": "shop-${Stage}"}},
    }
    schedules = {
        _schedule_name(entry["task"]): _schedule(text=text, entry=entry)
        for text, entry in SCHEDULE.items()
    }
    return {"ScheduleGroup": group, **schedules}


def _schedule_name(task: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[._]", task))


def _schedule(*, text: str, entry: dict[str, Any]) -> dict[str, Any]:
    expires = int(entry["options"]["expires"])
    return {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "Name": entry["task"],
            "GroupName": {"Ref": "ScheduleGroup"},
            "Description": text,
            "State": {"Fn::If": ["Enabled", "ENABLED", "DISABLED"]},
            "ScheduleExpression": expression_of(entry["schedule"]),
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": {"Ref": f"{logical_name(queue_of(entry['task']))}QueueArn"},
                "RoleArn": {"Ref": "SchedulerRoleArn"},
                "Input": scheduler_input(entry),
                # The next run makes up for one that was missed: nothing is worth being late for.
                "RetryPolicy": {
                    "MaximumEventAgeInSeconds": max(60, expires),
                    "MaximumRetryAttempts": 3,
                },
            },
        },
    }


def queue_of(task: str) -> str:
    """The queue that a task goes to by its name, as Celery would send it."""
    return CELERY_TASK_ROUTES.get(task, {"queue": CELERY_TASK_DEFAULT_QUEUE})["queue"]


def expression_of(schedule: Any) -> str:
    """A `crontab` of the schedule's table as EventBridge writes it. Raises ValueError for any other."""
    minutes, hours = sorted(schedule.minute), sorted(schedule.hour)
    days = (schedule.day_of_month, schedule.month_of_year, schedule.day_of_week)
    if tuple(map(len, days)) != (31, 12, 7):
        raise ValueError(f"only hours and minutes can be told: {schedule}")
    for step in (_EVERY_MINUTE, _EVERY_FIVE_MINUTES):
        if minutes == list(range(0, 60, step)) and len(hours) == 24:
            return f"rate({step} minute{'s' if step > 1 else ''})"
    hour = "*" if len(hours) == 24 else ",".join(map(str, hours))
    return f"cron({','.join(map(str, minutes))} {hour} * * ? *)"
