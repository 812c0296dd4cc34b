"""The rights that a release needs, by what it calls and what it may change, and those that its role has."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from infra.stacks import STACKS, read_stage, template_of
from tests.infra.rules import Template, as_list, statements

(PIPELINE,) = (template_of(stack) for stack in STACKS if stack.name == "pipeline")
STAGE = "dev"
ACCOUNT = "123456789012"
_NAMED_OTHERWISE = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
}
_VERBS = {"Get": "GET", "Create": "POST", "Put": "PUT", "Update": "PATCH", "Delete": "DELETE"}
# What AWS itself asks for, in the caller's name, where the call alone does not show it.
_ON_BEHALF = {
    "lambda:UpdateFunctionConfiguration": {
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "iam:PassRole",
        "lambda:GetLayerVersion",
    },
    "lambda:UpdateFunctionCode": {"s3:GetObject"},
    "apigateway:PutIntegration": {"iam:PassRole"},
}
# What Zappa calls only after many releases.
_SELDOM = {"lambda:UpdateFunctionCode": {"lambda:DeleteFunction"}}
# Nobody can be refused this.
_FREE = {"sts:GetCallerIdentity"}


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What CloudFormation asks of the caller to make, change and delete a resource of a type.

    `made_by` or `deleted_by` tells why a person does it; then nobody else may.
    """

    example: str
    create: frozenset[str] = frozenset()
    update: frozenset[str] = frozenset()
    delete: frozenset[str] = frozenset()
    made_by: str = ""
    deleted_by: str = ""

    def of_a_release(self) -> frozenset[str]:
        """The rights without which a change of the template would be refused."""
        return (
            self.update
            | (frozenset() if self.made_by else self.create)
            | (frozenset() if self.deleted_by else self.delete)
        )

    def of_a_person(self) -> frozenset[str]:
        """The rights that a release must not have."""
        made = self.create if self.made_by else frozenset()
        deleted = self.delete if self.deleted_by else frozenset()
        return (made | deleted) - self.update


def _of(service: str, *actions: str) -> frozenset[str]:
    return frozenset(f"{service}:{action}" for action in actions)


def _arn(service: str, name: str, *, region: str = "eu-west-1") -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{name}"


_TOPIC = _of("sns", "GetTopicAttributes", "SetTopicAttributes")
_ALARM = _of("cloudwatch", "DescribeAlarms", "ListTagsForResource")
_QUEUE = _of("sqs", "GetQueueAttributes", "GetQueueUrl", "ListQueueTags", "SetQueueAttributes")
_SUBSCRIBED = _of("sns", "GetSubscriptionAttributes", "GetTopicAttributes")
_LOG = _of("logs", "DescribeLogGroups", "ListTagsForResource", "PutRetentionPolicy")
_FILTER = _of("logs", "DescribeMetricFilters")
_SCHEDULE = _of("scheduler", "GetSchedule")
_MESSAGES = "messages that nobody has read would be gone"
_CALLERS = "whoever listens would be cut off without a word"

# After the schemas of the types; a type that is not here is one that nobody has thought about.
CHANGES = {
    "AWS::Budgets::Budget": Changes(
        example=_arn("budgets", "budget/shop-dev", region=""),
        create=_of("budgets", "ModifyBudget", "ViewBudget"),
        update=_of("budgets", "ModifyBudget", "ViewBudget"),
        delete=_of("budgets", "ModifyBudget"),
    ),
    "AWS::CloudWatch::Alarm": Changes(
        example=_arn("cloudwatch", "alarm:shop-dev-web-errors"),
        create=_ALARM | _of("cloudwatch", "PutMetricAlarm", "TagResource"),
        update=_ALARM | _of("cloudwatch", "PutMetricAlarm"),
        delete=_of("cloudwatch", "DeleteAlarms"),
    ),
    "AWS::CloudWatch::CompositeAlarm": Changes(
        example=_arn("cloudwatch", "alarm:shop-dev-release-unhealthy"),
        create=_ALARM | _of("cloudwatch", "PutCompositeAlarm", "TagResource"),
        update=_ALARM | _of("cloudwatch", "PutCompositeAlarm"),
        delete=_of("cloudwatch", "DeleteAlarms"),
    ),
    "AWS::CloudWatch::Dashboard": Changes(
        example=_arn("cloudwatch", "dashboard/shop-dev", region=""),
        create=_of("cloudwatch", "PutDashboard", "GetDashboard"),
        update=_of("cloudwatch", "PutDashboard", "GetDashboard"),
        delete=_of("cloudwatch", "DeleteDashboards"),
    ),
    "AWS::KMS::Key": Changes(
        example=_arn("kms", "key/0000"),
        create=_of("kms", "CreateKey", "TagResource"),
        update=_of(
            "kms",
            "DescribeKey",
            "EnableKeyRotation",
            "GetKeyPolicy",
            "GetKeyRotationStatus",
            "ListResourceTags",
            "PutKeyPolicy",
            "UpdateKeyDescription",
        ),
        delete=_of("kms", "ScheduleKeyDeletion"),
        made_by="whoever may tag keys could take any key of the account",
        deleted_by="what it has encrypted would be lost",
    ),
    "AWS::Lambda::EventSourceMapping": Changes(
        example=_arn("lambda", "event-source-mapping:0000"),
        create=_of("lambda", "CreateEventSourceMapping", "GetEventSourceMapping", "ListTags"),
        update=_of("lambda", "UpdateEventSourceMapping", "GetEventSourceMapping", "ListTags"),
        delete=_of("lambda", "DeleteEventSourceMapping", "GetEventSourceMapping"),
    ),
    "AWS::Logs::LogGroup": Changes(
        example=_arn("logs", "log-group:/aws/lambda/shop-dev-office"),
        create=_LOG | _of("logs", "CreateLogGroup", "TagResource"),
        update=_LOG | _of("logs", "DescribeIndexPolicies", "GetDataProtectionPolicy"),
        delete=_of("logs", "DeleteLogGroup"),
        deleted_by="it holds what happened",
    ),
    "AWS::Logs::MetricFilter": Changes(
        example=_arn("logs", "log-group:/aws/lambda/shop-dev-worker:*"),
        create=_FILTER | _of("logs", "PutMetricFilter"),
        update=_FILTER | _of("logs", "PutMetricFilter"),
        delete=_FILTER | _of("logs", "DeleteMetricFilter"),
    ),
    "AWS::RDS::EventSubscription": Changes(
        example=_arn("rds", "es:shop-dev-observability-databasenews-abc"),
        create=_of(
            "rds", "CreateEventSubscription", "DescribeEventSubscriptions", "ListTagsForResource"
        ),
        update=_of(
            "rds",
            "AddSourceIdentifierToSubscription",
            "AddTagsToResource",
            "DescribeEventSubscriptions",
            "ListTagsForResource",
            "ModifyEventSubscription",
            "RemoveSourceIdentifierFromSubscription",
        ),
        delete=_of("rds", "DeleteEventSubscription", "DescribeEventSubscriptions"),
    ),
    "AWS::SNS::Subscription": Changes(
        example=_arn("sns", "dev-order-events"),
        create=_SUBSCRIBED | _of("sns", "Subscribe"),
        update=_SUBSCRIBED | _of("sns", "SetSubscriptionAttributes"),
        delete=_SUBSCRIBED | _of("sns", "Unsubscribe"),
    ),
    "AWS::SNS::Topic": Changes(
        example=_arn("sns", "shop-dev-alarms"),
        create=_TOPIC | _of("sns", "CreateTopic", "TagResource"),
        update=_TOPIC | _of("sns", "ListSubscriptionsByTopic", "ListTagsForResource"),
        delete=_of("sns", "DeleteTopic"),
        deleted_by=_CALLERS,
    ),
    "AWS::SNS::TopicPolicy": Changes(
        example=_arn("sns", "shop-dev-alarms"), create=_TOPIC, update=_TOPIC, delete=_TOPIC
    ),
    "AWS::SQS::Queue": Changes(
        example=_arn("sqs", "dev-orders"),
        create=_QUEUE | _of("sqs", "CreateQueue", "TagQueue"),
        update=_QUEUE | _of("sqs", "TagQueue"),
        delete=_of("sqs", "DeleteQueue"),
        deleted_by=_MESSAGES,
    ),
    "AWS::SQS::QueuePolicy": Changes(
        example=_arn("sqs", "dev-tasks"),
        create=_of("sqs", "SetQueueAttributes"),
        update=_of("sqs", "SetQueueAttributes"),
        delete=_of("sqs", "SetQueueAttributes"),
    ),
    "AWS::Scheduler::Schedule": Changes(
        example=_arn("scheduler", "schedule/shop-dev/events.relay"),
        create=_SCHEDULE | _of("scheduler", "CreateSchedule"),
        update=_SCHEDULE | _of("scheduler", "UpdateSchedule"),
        delete=_SCHEDULE | _of("scheduler", "DeleteSchedule"),
    ),
    "AWS::Scheduler::ScheduleGroup": Changes(
        example=_arn("scheduler", "schedule-group/shop-dev"),
        create=_of("scheduler", "CreateScheduleGroup", "GetScheduleGroup", "ListTagsForResource"),
        update=_of("scheduler", "GetScheduleGroup", "ListTagsForResource", "TagResource"),
        delete=_of("scheduler", "DeleteScheduleGroup"),
        deleted_by="the whole clock would be gone",
    ),
}


def needed(calls: Iterable[str]) -> set[str]:
    """The rights without which the calls (`lambda:Invoke`) would be refused, now or after many releases."""
    made = set(calls)
    besides = (_ON_BEHALF.get(call, set()) | _SELDOM.get(call, set()) for call in made)
    return ({_right_of(call) for call in made} - _FREE).union(*besides)


def granted() -> set[str]:
    """What the role of a release may do."""
    return {action for action, _ in grants(PIPELINE)}


def grants(template: Template) -> list[tuple[str, str]]:
    """Each action that the release's role has, with each pattern of resources it has it on."""
    return [
        (action, resolved(resource))
        for name, statement in statements(template)
        if name.startswith("Release") and statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]


def may(action: str, arn: str, *, by: Sequence[tuple[str, str]]) -> bool:
    """Whether these grants allow it for this resource; conditions aside."""
    return any(action == allowed and fnmatchcase(arn, pattern) for allowed, pattern in by)


def resolved(value: Any) -> str:
    """A text of the template as the stage's own stack has it."""
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return f"arn:aws:s3:::{_bucket(value['Fn::GetAtt'][0])}"
    text = str(value["Fn::Sub"] if isinstance(value, dict) else value)
    return re.sub(r"\$\{([\w:.]+)\}", lambda found: _known(found[1]), text)


def policy_characters(template: Template, name: str) -> int:
    """How long IAM finds a policy: without white space, and with every name put in."""
    document = json.dumps(template["Resources"][name]["Properties"]["PolicyDocument"])
    return len(re.sub(r"\s", "", resolved(document)))


def _known(name: str) -> str:
    if name.endswith(".Arn"):
        return f"arn:aws:s3:::{_bucket(name.removesuffix('.Arn'))}"
    return _values()[name]


@cache
def _values() -> dict[str, str]:
    stage = read_stage(STAGE)
    return {
        "AWS::Partition": "aws",
        "AWS::AccountId": ACCOUNT,
        "AWS::Region": stage.region,
        "StaticBucket": _bucket("Static"),
        **stage.values(),
        "Repository": "owner/name",
    }


def _bucket(what: str) -> str:
    return f"shop-{STAGE}-{what.lower()}-{ACCOUNT}"


def _right_of(call: str) -> str:
    service, _, operation = call.partition(":")
    if service == "apigateway":
        return next(
            f"apigateway:{method}" for verb, method in _VERBS.items() if operation.startswith(verb)
        )
    return _NAMED_OTHERWISE.get(call, call)
