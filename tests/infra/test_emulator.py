"""The stacks of the emulated stage are really made, and do what they say; what it leaves out is named."""

import dataclasses
import io
import itertools
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecommerce.messaging import DOWNSTREAM, MEDIA_FOLDERS, QUEUES
from ecommerce.schedule import SCHEDULE
from infra.stacks import (
    FROM_RELEASE,
    STACKS,
    Stage,
    emulated,
    parameters_of,
    read_stage,
    template_of,
)
from tests.stage import _worker

# Fails what says so and does the rest, as the worker function does.
HANDLER = """
def handler(event, context):
    failed = [one["messageId"] for one in event["Records"] if one["body"] == "poison"]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""


@dataclasses.dataclass(frozen=True)
class Made:
    """The emulated stage as it stands."""

    stage: Stage
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=self.stage.region)

    def url(self, queue: str) -> str:
        return f"{self.outputs['QueueBaseUrl']}/{self.stage.name}-{queue}"

    def depth(self, queue: str) -> tuple[int, int]:
        """How many messages wait, and how many are being worked."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client("sqs").get_queue_attributes(
            QueueUrl=self.url(queue), AttributeNames=names
        )
        return int(found["Attributes"][names[0]]), int(found["Attributes"][names[1]])


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return met


def zipped(code: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    return packed.getvalue()


_MAKINGS = itertools.count(1)


@pytest.fixture(scope="module")
def made(emulator: str) -> Iterator[Made]:
    """Every stack of the emulated stage, under a name of this making's own, without aliases.

    A process that is handed the rest of these tests later makes them again, beside what may be left.
    """
    name = f"infra-{_worker()}-{next(_MAKINGS)}"
    read = emulated(read_stage("dev"))
    functions = {
        one: {**facts, "name": facts["name"].replace("dev", name), "alias": ""}
        for one, facts in read.functions.items()
    }
    stage = dataclasses.replace(read, name=name, functions=functions)
    cloudformation = boto3.client("cloudformation", region_name=stage.region)
    outputs: dict[str, str] = {}
    for stack in stage.stacks():
        if stack.name == "bindings":
            _make_worker(stage=stage, role=outputs["WorkerRoleArn"])
        if stack.name == "gateway":
            outputs["ApiId"] = _make_api(stage.name, region=stage.region)
            outputs["OfficeApiId"] = _make_api(f"{stage.name}_office", region=stage.region)
        arguments = {
            "StackName": stage.stack_name(stack),
            "TemplateBody": stack.path.read_text(),
            "Parameters": parameters_of(stack=stack, stage=stage, outputs=outputs),
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        }
        cloudformation.create_stack(**arguments)
        outputs |= _outputs_of(cloudformation, stage.stack_name(stack))
    yield Made(stage=stage, outputs=outputs)
    for stack in reversed(stage.stacks()):
        cloudformation.delete_stack(StackName=stage.stack_name(stack))
    boto3.client("lambda", region_name=stage.region).delete_function(
        FunctionName=stage.functions["worker"]["name"]
    )


def _make_worker(*, stage: Stage, role: str) -> None:
    boto3.client("lambda", region_name=stage.region).create_function(
        FunctionName=stage.functions["worker"]["name"],
        Runtime="python3.13",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": zipped(HANDLER)},
        Timeout=stage.functions["worker"]["timeout_seconds"],
    )


def _outputs_of(cloudformation: Any, name: str) -> dict[str, str]:
    """The outputs of a stack that was made whole."""
    states = {}

    def settled() -> bool:
        states["last"] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return not states["last"]["StackStatus"].endswith("_IN_PROGRESS")

    assert until(settled)
    stack = states["last"]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [
            (one["LogicalResourceId"], one.get("ResourceStatusReason", "")) for one in events
        ]
        pytest.fail(f"{name}: {[one for one in reasons if one[1]]}")
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


def test_every_stack_that_the_stage_has_is_made(made: Made) -> None:
    found = made.client("cloudformation").describe_stacks()["Stacks"]
    ours = {one["StackName"]: one["StackStatus"] for one in found}

    assert {made.stage.stack_name(stack) for stack in made.stage.stacks()} <= set(ours)


def test_the_bucket_of_pictures_tells_the_worker(made: Made) -> None:
    found = made.client("s3").get_bucket_notification_configuration(
        Bucket=made.outputs["MediaBucket"]
    )["QueueConfigurations"]

    assert {one["QueueArn"] for one in found} == {made.outputs["BulkQueueArn"]}
    assert {rule["Value"] for one in found for rule in one["Filter"]["Key"]["FilterRules"]} == set(
        MEDIA_FOLDERS
    )


class TestTheQueues:
    def test_are_as_declared(self, made: Made) -> None:
        for queue in QUEUES:
            found = made.client("sqs").get_queue_attributes(
                QueueUrl=made.url(queue.name), AttributeNames=["All"]
            )["Attributes"]
            redrive = json.loads(found["RedrivePolicy"])

            assert redrive["deadLetterTargetArn"].endswith(f":{made.stage.name}-{queue.name}-dlq")
            assert int(redrive["maxReceiveCount"]) == queue.receive_limit
            assert found["MessageRetentionPeriod"] == str(queue.retention_seconds)

    def test_hear_their_audience_raw(self, made: Made) -> None:
        sns = made.client("sns")
        for system, types in DOWNSTREAM.items():
            (queue,) = [
                arn
                for arn in made.outputs["DownstreamQueueArns"].split(",")
                if arn.endswith(f"downstream-{system}")
            ]
            found = sns.list_subscriptions_by_topic(TopicArn=made.outputs["OrderEventsTopicArn"])
            (subscription,) = (one for one in found["Subscriptions"] if one["Endpoint"] == queue)
            attributes = sns.get_subscription_attributes(
                SubscriptionArn=subscription["SubscriptionArn"]
            )["Attributes"]

            assert json.loads(attributes["FilterPolicy"]) == {"event_type": list(types)}
            assert attributes["RawMessageDelivery"] == "true"

    def test_get_what_the_topic_is_told_and_no_more(self, made: Made) -> None:
        told = "refunds.refund.requested.v1"
        made.client("sns").publish(
            TopicArn=made.outputs["OrderEventsTopicArn"],
            Message='{"id": "1"}',
            MessageAttributes={"event_type": {"DataType": "String", "StringValue": told}},
        )
        hearing = {system for system, types in DOWNSTREAM.items() if told in types}

        assert until(lambda: all(made.depth(f"downstream-{system}")[0] == 1 for system in hearing))
        assert {system for system in DOWNSTREAM if made.depth(f"downstream-{system}")[0]} == hearing


class TestTheBindings:
    def test_are_as_written(self, made: Made) -> None:
        found = made.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ours = {
            one["EventSourceArn"].rpartition(":")[2]: one
            for one in found
            if f":{made.stage.name}-" in one["EventSourceArn"]
        }

        assert set(ours) == {f"{made.stage.name}-{queue.name}" for queue in QUEUES}
        assert {tuple(one["FunctionResponseTypes"]) for one in ours.values()} == {
            ("ReportBatchItemFailures",)
        }
        assert {one["ScalingConfig"]["MaximumConcurrency"] for one in ours.values()} == {2}

    def test_keep_what_failed_and_only_that(self, made: Made) -> None:
        for body in ("good", "poison", "good"):
            made.client("sqs").send_message(QueueUrl=made.url("orders"), MessageBody=body)

        assert until(lambda: made.depth("orders") == (0, 1))

    def test_run_what_the_schedule_says(self, made: Made) -> None:
        scheduler = made.client("scheduler")
        group = f"shop-{made.stage.name}"
        found = scheduler.list_schedules(GroupName=group, MaxResults=100)["Schedules"]

        assert {one["Name"] for one in found} == {row["task"] for row in SCHEDULE.values()}
        one = scheduler.get_schedule(GroupName=group, Name="events.sweep")
        assert json.loads(one["Target"]["Input"])["task"] == "events.sweep"
        assert one["ScheduleExpression"] == "rate(1 minute)"


def test_the_buckets_are_private_and_encrypted(made: Made) -> None:
    s3 = made.client("s3")
    for name in ("StaticBucket", "MediaBucket", "DocumentsBucket", "PackageBucket"):
        bucket = made.outputs[name]
        blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])

        assert set(blocked.values()) == {True}
        assert encryption["Rules"]
        assert "OnlyEncrypted" in {one["Sid"] for one in policy["Statement"]}


def test_the_settings_are_in_a_secret(made: Made) -> None:
    secret = made.client("secretsmanager").get_secret_value(SecretId=made.outputs["AppSecretArn"])
    settings = json.loads(secret["SecretString"])

    assert len(settings["SECRET_KEY"]) >= 50
    assert settings["STRIPE_SECRET_KEY"] == ""


def test_the_users_have_a_pool_with_clients_and_groups(made: Made) -> None:
    cognito = made.client("cognito-idp")
    pool = made.outputs["UserPoolId"]

    clients = cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=10)["UserPoolClients"]
    groups = cognito.list_groups(UserPoolId=pool)["Groups"]

    assert made.outputs["UserPoolClientId"] in {one["ClientId"] for one in clients}
    assert {one["GroupName"] for one in groups} == {"managers", "support", "warehouse"}


def test_the_roles_are_made_with_their_rights(made: Made) -> None:
    iam = made.client("iam")
    role = made.outputs["WebRoleArn"].rpartition("/")[2]
    document = iam.get_role_policy(RoleName=role, PolicyName="web")["PolicyDocument"]
    parsed = json.loads(document) if isinstance(document, str) else document
    queues = next(one for one in parsed["Statement"] if one["Sid"] == "Queues")

    assert queues["Resource"] == made.outputs["OwnQueueArns"].split(",")


def test_logs_end_and_alarms_call(made: Made) -> None:
    groups = made.client("logs").describe_log_groups(
        logGroupNamePrefix=f"/aws/lambda/shop-{made.stage.name}"
    )["logGroups"]
    alarms = made.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
    ours = [one for one in alarms if made.outputs["AlarmTopicArn"] in one["AlarmActions"]]

    assert {one["retentionInDays"] for one in groups} == {1}
    assert len(ours) > 20
    assert all(one["ActionsEnabled"] for one in ours)


def test_a_package_has_where_to_lie(made: Made) -> None:
    made.client("s3").put_object(Bucket=made.outputs["PackageBucket"], Key="shop.zip", Body=b"x")
    made.client("s3").delete_object(Bucket=made.outputs["PackageBucket"], Key="shop.zip")

    assert os.environ["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


def test_the_api_has_its_name_and_its_key(made: Made) -> None:
    keys = made.client("apigateway").get_api_keys(includeValues=True)["items"]
    (ours,) = (one["value"] for one in keys if one["name"] == f"shop-{made.stage.name}-edge")
    secret = made.client("secretsmanager").get_secret_value(SecretId=made.outputs["EdgeKeyName"])
    mapped = made.client("apigateway").get_base_path_mappings(
        domainName=made.stage.parameters["ShopDomain"]
    )["items"]

    assert made.outputs["ApiDomain"]
    assert ours == secret["SecretString"]
    assert {one["basePath"]: one["restApiId"] for one in mapped} == {
        "(none)": made.outputs["ApiId"],
        "admin": made.outputs["OfficeApiId"],
    }


def _make_api(stage: str, *, region: str) -> str:
    """What Zappa would have deployed: an API with a stage."""
    gateway = boto3.client("apigateway", region_name=region)
    api: str = gateway.create_rest_api(name=f"shop-{stage}")["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    method = {"restApiId": api, "resourceId": root["id"], "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="NONE", apiKeyRequired=True)
    gateway.put_integration(**method, type="MOCK")
    gateway.create_deployment(restApiId=api, stageName=stage)
    return api


def test_what_is_left_out_is_what_the_emulator_refuses(made: Made) -> None:
    """Or what a laptop has no use for; a newer emulator may take more."""
    read = read_stage("production")
    production = dataclasses.replace(
        read, parameters={**read.parameters, "ContainerImageTag": "one"}
    )
    anything = dict.fromkeys(
        (name for stack in STACKS for name in template_of(stack).get("Outputs", {})), "x"
    )
    outputs = {**anything, **dict.fromkeys(FROM_RELEASE, "x"), **made.outputs}
    cloudformation = made.client("cloudformation")
    for stack in STACKS:
        if stack.name in {"data", "edge", "containers"}:
            parameters = parameters_of(stack=stack, stage=production, outputs=outputs)
            with pytest.raises(ClientError, match="Unrecognized resource types"):
                cloudformation.create_stack(
                    StackName=f"{made.stage.name}-refused",
                    TemplateBody=stack.path.read_text(),
                    Parameters=parameters,
                    Capabilities=["CAPABILITY_NAMED_IAM"],
                )
