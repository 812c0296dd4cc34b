"""The template of queues, topic, subscriptions and their alarms, from `ecommerce.messaging`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ecommerce.messaging import DAY, DOWNSTREAM, QUEUES, TOPIC

_DESCRIPTION = (
    "Queues with their dead letters and alarms, the topic and who hears what. Apart, because it is what "
    "the code declares, holds messages that must outlive every deployment, and changes with an audience."
)
_DOWNSTREAM_VISIBILITY_SECONDS = 30
_DOWNSTREAM_RECEIVE_LIMIT = 5
_DEAD_LETTER_SECONDS = 14 * DAY
_TOLD_BY_S3 = "bulk"

Resources = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A queue and its dead letters as the template has them."""

    name: str
    visibility_seconds: int
    retention_seconds: int
    receive_limit: int
    system: str = ""

    @property
    def logical(self) -> str:
        return logical_name(self.name)


def logical_name(name: str) -> str:
    """What a template calls a queue: `orders` is `Orders`."""
    return "".join(part.capitalize() for part in name.split("-"))


def template() -> dict[str, Any]:
    """The template of the stack of queues, topic and subscriptions."""
    ours = [
        _Pair(
            name=queue.name,
            visibility_seconds=queue.visibility_seconds,
            retention_seconds=queue.retention_seconds,
            receive_limit=queue.receive_limit,
        )
        for queue in QUEUES
    ]
    theirs = [
        _Pair(
            name=f"downstream-{system}",
            visibility_seconds=_DOWNSTREAM_VISIBILITY_SECONDS,
            retention_seconds=_DEAD_LETTER_SECONDS,
            receive_limit=_DOWNSTREAM_RECEIVE_LIMIT,
            system=system,
        )
        for system in DOWNSTREAM
    ]
    resources: Resources = {}
    for pair in [*ours, *theirs]:
        resources |= _queues(pair) | _alarms(pair)
    resources |= _topic() | _policies(ours=ours, theirs=theirs)
    for system, types in DOWNSTREAM.items():
        resources |= _subscription(system=system, types=types)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": _DESCRIPTION,
        "Parameters": _parameters(),
        "Conditions": {
            f"{logical_name(system)}ReadsFromElsewhere": {
                "Fn::Not": [{"Fn::Equals": [{"Ref": _reader(system)}, ""]}]
            }
            for system in DOWNSTREAM
        },
        "Resources": resources,
        "Outputs": _outputs(ours=ours, theirs=theirs),
    }


def _parameters() -> dict[str, Any]:
    readers = {
        _reader(system): {
            "Type": "String",
            "Default": "",
            "Description": f"ARN of the role with which {system} reads its queue from its own account",
        }
        for system in DOWNSTREAM
    }
    return {
        "Stage": {"Type": "String"},
        "AlarmTopicArn": {"Type": "String"},
        "AlarmActions": {"Type": "String", "AllowedValues": ["true", "false"]},
        "OldestMessageSeconds": {
            "Type": "Number",
            "Description": "From which age of a queue's oldest message somebody is called",
        },
        **readers,
    }


def _reader(system: str) -> str:
    return f"{logical_name(system)}Reader"


def _queues(pair: _Pair) -> Resources:
    logical, dead = pair.logical, f"{pair.logical}DeadLetters"
    return {
        logical: {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": {"Fn::Sub": f"${{Stage}}-{pair.name}"},
                "VisibilityTimeout": pair.visibility_seconds,
                "MessageRetentionPeriod": pair.retention_seconds,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {
                    "deadLetterTargetArn": _arn(dead),
                    "maxReceiveCount": pair.receive_limit,
                },
            },
        },
        dead: {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": {"Fn::Sub": f"${{Stage}}-{pair.name}-dlq"},
                "MessageRetentionPeriod": _DEAD_LETTER_SECONDS,
                "SqsManagedSseEnabled": True,
                # By its name: an attribute of the queue would close a circle.
                "RedriveAllowPolicy": {
                    "redrivePermission": "byQueue",
                    "sourceQueueArns": [_arn_by_name(service="sqs", name=pair.name)],
                },
            },
        },
    }


def _policies(*, ours: Sequence[_Pair], theirs: Sequence[_Pair]) -> Resources:
    """Nobody speaks to a queue in the clear; the topic writes to the systems' queues, which they read,
    and the bucket of pictures to `bulk`.
    """
    dead = [f"{pair.logical}DeadLetters" for pair in [*ours, *theirs]]
    told_by_s3 = logical_name(_TOLD_BY_S3)
    plain = [pair.logical for pair in ours if pair.logical != told_by_s3]
    own = [{"Ref": logical} for logical in [*plain, *dead]]
    return {
        "OwnQueuesPolicy": _queue_policy(
            queues=own, statements=[_tls_only(action="sqs:*", arn="*")]
        ),
        f"{told_by_s3}Policy": _queue_policy(
            queues=[{"Ref": told_by_s3}],
            statements=[
                _tls_only(action="sqs:*", arn=_arn(told_by_s3)),
                _from_media(arn=_arn(told_by_s3)),
            ],
        ),
        **{
            f"{pair.logical}Policy": _queue_policy(
                queues=[{"Ref": pair.logical}],
                statements=[
                    _tls_only(action="sqs:*", arn=_arn(pair.logical)),
                    _from_topic(arn=_arn(pair.logical)),
                    _to_reader(system=pair.system, arn=_arn(pair.logical)),
                ],
            )
            for pair in theirs
        },
    }


def _queue_policy(*, queues: list[Any], statements: list[Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": queues,
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        },
    }


def _tls_only(*, action: str, arn: Any) -> dict[str, Any]:
    return {
        "Sid": "OnlyEncrypted",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _from_topic(*, arn: Any) -> dict[str, Any]:
    return {
        "Sid": "FromOurTopic",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Ref": "Topic"}}},
    }


def _from_media(*, arn: Any) -> dict[str, Any]:
    """S3 may tell of the files of that one bucket, whose stack comes after this one."""
    bucket = {"Fn::Sub": "arn:${AWS::Partition}:s3:::shop-${Stage}-media-${AWS::AccountId}"}
    return {
        "Sid": "FromOurPictures",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {
            "ArnEquals": {"aws:SourceArn": bucket},
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        },
    }


def _to_reader(*, system: str, arn: Any) -> dict[str, Any]:
    statement = {
        "Sid": "ToItsReader",
        "Effect": "Allow",
        "Principal": {"AWS": {"Ref": _reader(system)}},
        "Action": [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
        ],
        "Resource": arn,
    }
    condition = f"{logical_name(system)}ReadsFromElsewhere"
    return {"Fn::If": [condition, statement, {"Ref": "AWS::NoValue"}]}


def _alarms(pair: _Pair) -> Resources:
    dead = f"{pair.logical}DeadLetters"
    return {
        f"{dead}Alarm": _alarm(
            queue=dead,
            metric="ApproximateNumberOfMessagesVisible",
            threshold=0,
            # The collector empties our view of it every minute: what stays is not collected.
            minutes=5,
            text=f"Messages of {pair.name} could not be worked, and nobody collects them.",
            run_book="dead-letters",
        ),
        f"{pair.logical}AgeAlarm": _alarm(
            queue=pair.logical,
            metric="ApproximateAgeOfOldestMessage",
            threshold={"Ref": "OldestMessageSeconds"},
            minutes=5,
            text=f"Nobody keeps up with {pair.name}.",
            run_book="downstream-behind" if pair.system else "queue-behind",
        ),
    }


def _alarm(
    *, queue: str, metric: str, threshold: Any, minutes: int, text: str, run_book: str
) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": f"{text} Run book: {run_book}",
            "Namespace": "AWS/SQS",
            "MetricName": metric,
            "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": minutes,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "ActionsEnabled": {"Ref": "AlarmActions"},
            "AlarmActions": [{"Ref": "AlarmTopicArn"}],
            "OKActions": [{"Ref": "AlarmTopicArn"}],
        },
    }


def _topic() -> Resources:
    return {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {
                "TopicName": {"Fn::Sub": f"${{Stage}}-{TOPIC}"},
                "KmsMasterKeyId": "alias/aws/sns",
            },
        },
        "TopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "Topic"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [_tls_only(action="sns:Publish", arn={"Ref": "Topic"})],
                },
            },
        },
    }


def _subscription(*, system: str, types: Sequence[str]) -> Resources:
    """Nothing for a system that hears nothing: a subscription without a filter would let all through."""
    if not types:
        return {}
    queue = logical_name(f"downstream-{system}")
    return {
        f"{queue}Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Topic"},
                "Protocol": "sqs",
                "Endpoint": _arn(queue),
                "RawMessageDelivery": True,
                "FilterPolicyScope": "MessageAttributes",
                "FilterPolicy": {"event_type": list(types)},
            },
        }
    }


def _outputs(*, ours: Sequence[_Pair], theirs: Sequence[_Pair]) -> dict[str, Any]:
    first = ours[0]
    parts = [
        {"Fn::Select": [part, {"Fn::Split": ["/", {"Ref": first.logical}]}]} for part in (0, 2, 3)
    ]
    base = {"Fn::Join": ["", [parts[0], "//", parts[1], "/", parts[2]]]}
    arns = {f"{pair.logical}QueueArn": {"Value": _arn(pair.logical)} for pair in ours}
    return {
        "QueueBaseUrl": {"Value": base},
        "OrderEventsTopicArn": {"Value": {"Ref": "Topic"}},
        **arns,
        "OwnQueueArns": {"Value": _joined([pair.logical for pair in ours])},
        "DownstreamQueueArns": {"Value": _joined([pair.logical for pair in theirs])},
        "DeadLetterQueueArns": {
            "Value": _joined([f"{pair.logical}DeadLetters" for pair in [*ours, *theirs]])
        },
    }


def _joined(queues: Sequence[str]) -> dict[str, Any]:
    return {"Fn::Join": [",", [_arn(queue) for queue in queues]]}


def _arn(logical: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical, "Arn"]}


def _arn_by_name(*, service: str, name: str) -> dict[str, str]:
    place = f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}"
    return {"Fn::Sub": f"{place}:${{Stage}}-{name}"}
