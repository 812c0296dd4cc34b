"""What Python declares and the templates repeat is the same."""

import copy
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from celery.schedules import crontab

from ecommerce.celery import app
from ecommerce.messaging import BUCKETS, DOWNSTREAM, QUEUES
from ecommerce.schedule import SCHEDULE, scheduler_input
from infra.bindings import BATCHES, expression_of, queue_of
from infra.messaging import logical_name
from infra.stacks import STACKS as ALL
from infra.stacks import STAGES, read_stage, template_of
from tests.architecture.source import ROOT
from tests.infra.rules import resources

STACKS = {stack.name: stack for stack in ALL}
MESSAGING = template_of(STACKS["messaging"])
BINDINGS = template_of(STACKS["bindings"])


def test_the_written_templates_are_what_the_code_declares() -> None:
    """In an environment of its own, for tests see shorter time-outs than a stage."""
    clean = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "infra.write", "--check"]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.returncode == 0


class TestMessaging:
    def test_has_every_queue_and_no_other(self) -> None:
        names = {
            one["QueueName"]["Fn::Sub"].removeprefix("${Stage}-")
            for _, one in resources(MESSAGING, "AWS::SQS::Queue")
        }
        ours = {queue.name for queue in QUEUES} | {f"downstream-{system}" for system in DOWNSTREAM}

        assert names == ours | {f"{name}-dlq" for name in ours}

    @pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
    def test_gives_up_on_a_message_when_the_shop_does(self, queue: Any) -> None:
        found = MESSAGING["Resources"][logical_name(queue.name)]["Properties"]

        assert found["RedrivePolicy"]["maxReceiveCount"] == queue.receive_limit
        assert found["MessageRetentionPeriod"] == queue.retention_seconds

    @pytest.mark.parametrize("system", DOWNSTREAM)
    def test_lets_a_system_hear_its_audience_and_nothing_else(self, system: str) -> None:
        queue = logical_name(f"downstream-{system}")
        subscription = MESSAGING["Resources"][f"{queue}Subscription"]["Properties"]

        assert subscription["FilterPolicy"] == {"event_type": list(DOWNSTREAM[system])}
        assert subscription["RawMessageDelivery"] is True
        assert subscription["Endpoint"] == {"Fn::GetAtt": [queue, "Arn"]}

    @pytest.mark.parametrize("system", DOWNSTREAM)
    def test_lets_only_our_topic_write_to_a_systems_queue(self, system: str) -> None:
        policy = MESSAGING["Resources"][f"{logical_name(f'downstream-{system}')}Policy"]
        written = [
            one
            for one in policy["Properties"]["PolicyDocument"]["Statement"]
            if one.get("Effect") == "Allow"
        ]

        assert [one["Condition"] for one in written] == [
            {"ArnEquals": {"aws:SourceArn": {"Ref": "Topic"}}}
        ]
        assert [one["Action"] for one in written] == ["sqs:SendMessage"]

    def test_refuses_to_be_spoken_to_in_the_clear(self) -> None:
        refusing = [
            queue["Ref"]
            for _, policy in resources(MESSAGING, "AWS::SQS::QueuePolicy")
            if any(one.get("Effect") == "Deny" for one in policy["PolicyDocument"]["Statement"])
            for queue in policy["Queues"]
        ]

        assert sorted(refusing) == sorted(
            name for name, _ in resources(MESSAGING, "AWS::SQS::Queue")
        )


def misdirected(template: dict[str, Any]) -> list[str]:
    """The periodic tasks that go to another queue than Celery's own routes say."""
    targets = {
        one["Name"]: one["Target"]["Arn"]["Ref"]
        for _, one in resources(template, "AWS::Scheduler::Schedule")
    }
    routed = {task: app.amqp.router.route({}, task)["queue"].name for task in targets}
    return [task for task, arn in targets.items() if arn != f"{logical_name(routed[task])}QueueArn"]


def test_the_buckets_are_those_that_are_declared() -> None:
    outputs = template_of(STACKS["storage"])["Outputs"]

    assert {f"{name.capitalize()}Bucket" for name in BUCKETS} <= set(outputs)
    assert len(list(resources(template_of(STACKS["storage"]), "AWS::S3::Bucket"))) == len(BUCKETS)


class TestBindings:
    @pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
    def test_tell_lambda_which_messages_failed(self, queue: Any) -> None:
        """Without it a batch that names its failures is deleted whole."""
        mapping = BINDINGS["Resources"][f"{logical_name(queue.name)}ToWorker"]["Properties"]

        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert set(mapping["ScalingConfig"]) == {"MaximumConcurrency"}

    @pytest.mark.parametrize("name", STAGES)
    @pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
    def test_hide_a_message_for_longer_than_a_worker_may_take(self, queue: Any, name: str) -> None:
        visible = MESSAGING["Resources"][logical_name(queue.name)]["Properties"][
            "VisibilityTimeout"
        ]
        taken = read_stage(name).functions["worker"]["timeout_seconds"]

        assert visible > taken + BATCHES[queue.name].window_seconds

    def test_run_every_periodic_task(self) -> None:
        schedules = [one for _, one in resources(BINDINGS, "AWS::Scheduler::Schedule")]

        assert {
            (one["Name"], one["ScheduleExpression"], one["Target"]["Input"]) for one in schedules
        } == {
            (row["task"], expression_of(row["schedule"]), scheduler_input(row))
            for row in SCHEDULE.values()
        }
        assert {one["ScheduleExpressionTimezone"] for one in schedules} == {"UTC"}

    def test_send_each_task_to_the_queue_that_celery_would(self) -> None:
        assert misdirected(BINDINGS) == []
        assert {queue_of(row["task"]) for row in SCHEDULE.values()} == {"tasks", "bulk"}

    def test_that_send_a_long_task_to_the_short_ones_are_noticed(self) -> None:
        wrong = copy.deepcopy(BINDINGS)
        wrong["Resources"]["AuditPrune"]["Properties"]["Target"]["Arn"] = {"Ref": "TasksQueueArn"}

        assert misdirected(wrong) == ["audit.prune"]

    def test_drop_a_run_that_the_next_one_overtakes(self) -> None:
        for _, one in resources(BINDINGS, "AWS::Scheduler::Schedule"):
            message = json.loads(one["Target"]["Input"])
            assert one["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] == max(
                60, message["expires_after"]
            )

    @pytest.mark.parametrize(
        ("schedule", "expression"),
        [
            (crontab(), "rate(1 minute)"),
            (crontab(minute="*/5"), "rate(5 minutes)"),
            (crontab(minute="7"), "cron(7 * * * ? *)"),
            (crontab(hour="3", minute="20"), "cron(20 3 * * ? *)"),
            (crontab(hour="3,15", minute="0"), "cron(0 3,15 * * ? *)"),
        ],
    )
    def test_tell_the_time_as_eventbridge_does(self, schedule: crontab, expression: str) -> None:
        assert expression_of(schedule) == expression

    @pytest.mark.parametrize(
        "schedule", [crontab(day_of_week="1"), crontab(day_of_month="1", hour="0", minute="0")]
    )
    def test_refuse_a_time_that_they_cannot_tell(self, schedule: crontab) -> None:
        with pytest.raises(ValueError, match="only hours and minutes"):
            expression_of(schedule)
