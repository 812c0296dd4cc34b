"""What a release stands on: stacks by change set, versions behind an alias, files under their hashes."""

import dataclasses
import io
import json
import re
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from infra.release import (
    cloudformation,
    code,
    functions,
    names,
    rendering,
    smoke,
    steps,
)
from infra.release.__main__ import _do, main
from infra.release.cloudformation import Deployment
from infra.release.errors import ReleaseFailed
from infra.release.releasing import ROOT, Release
from infra.stacks import (
    FUNCTIONS,
    STACKS,
    STAGES,
    Stage,
    emulated,
    read_stage,
    template_of,
)

pytestmark = pytest.mark.usefixtures("emulator")

REGION = "eu-west-1"
# What every stack of production tells, with ids such as AWS gives.
OUTPUTS = {
    **{name: f"{name}-1" for stack in STACKS for name in template_of(stack).get("Outputs", {})},
    "PrivateSubnetIds": "subnet-a,subnet-b",
    "DeadLetterQueueArns": "arn:aws:sqs:x:1:production-orders-dlq,arn:aws:sqs:x:1:production-tasks-dlq",
}


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


def queue_stack(name: str, *, seconds: int = 30, more: str = "") -> Deployment:
    template = f"""
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {{QueueName: {name}, VisibilityTimeout: {seconds}}}
{more}
Outputs:
  Url: {{Value: !Ref Queue}}
"""
    return Deployment(name=name, region=REGION, template=template, parameters=[])


class TestStacks:
    def test_are_made_changed_and_deleted(self) -> None:
        name = unique("stack")

        assert cloudformation.outputs_of(name=name, region=REGION) is None
        assert cloudformation.make(queue_stack(name)) == ["the whole stack is made"]
        outputs = cloudformation.outputs_of(name=name, region=REGION)
        assert outputs is not None
        assert outputs["Url"].endswith(name)
        assert cloudformation.make(queue_stack(name)) == []
        assert cloudformation.make(queue_stack(name, seconds=60)) == [
            "modify Queue (AWS::SQS::Queue)"
        ]
        cloudformation.delete(name=name, region=REGION)
        assert cloudformation.outputs_of(name=name, region=REGION) is None

    def test_are_not_touched_by_a_plan(self) -> None:
        name = unique("stack")
        assert cloudformation.plan(queue_stack(name)) == ["the whole stack is made"]
        assert cloudformation.outputs_of(name=name, region=REGION) is None
        cloudformation.make(queue_stack(name))

        assert cloudformation.plan(queue_stack(name, seconds=60)) == [
            "modify Queue (AWS::SQS::Queue)"
        ]

        sqs = boto3.client("sqs", region_name=REGION)
        found = sqs.get_queue_attributes(
            QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"],
            AttributeNames=["VisibilityTimeout"],
        )
        assert found["Attributes"]["VisibilityTimeout"] == "30"
        assert cloudformation.plan(queue_stack(name)) == []
        cloudformation.delete(name=name, region=REGION)

    def test_are_deleted_by_nobody_while_the_stage_protects_them(self) -> None:
        stack = queue_stack(unique("stack"))
        cloudformation.make(dataclasses.replace(stack, is_protected=True))

        with pytest.raises(ClientError, match="TerminationProtection"):
            cloudformation.delete(name=stack.name, region=REGION)
        assert cloudformation.outputs_of(name=stack.name, region=REGION)

        cloudformation.make(dataclasses.replace(stack, is_protected=False))
        cloudformation.delete(name=stack.name, region=REGION)
        assert cloudformation.outputs_of(name=stack.name, region=REGION) is None

    def test_that_fail_say_why_and_can_be_made_again(self) -> None:
        name = unique("stack")
        refused = """
  Address:
    Type: AWS::Lambda::Url
    Properties: {TargetFunctionArn: nobody, AuthType: AWS_IAM}
"""
        with pytest.raises(ReleaseFailed, match=f"(?s){name} is not made.*Address"):
            cloudformation.make(queue_stack(name, more=refused))

        assert cloudformation.make(queue_stack(name)) == ["the whole stack is made"]
        cloudformation.delete(name=name, region=REGION)

    @pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
    def test_are_small_enough_to_be_sent(self, stack: object) -> None:
        """CloudFormation takes 51,200 bytes in a request; more would have to lie on S3."""
        assert len(stack.path.read_bytes()) <= 51_200  # type: ignore[attr-defined]


@pytest.fixture
def function() -> str:
    name = unique("function")
    boto3.client("lambda", region_name=REGION).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="index.handler",
        Code={"ZipFile": _answering("1")},
    )
    return name


def _answering(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        code = f"def handler(event, context):\n    1 / (event != 'fail')\n    return {{'told': {text!r}}}"
        archive.writestr("index.py", code)
    return packed.getvalue()


def release(name: str, text: str) -> str:
    client = boto3.client("lambda", region_name=REGION)
    client.update_function_code(FunctionName=name, ZipFile=_answering(text))
    version = functions.publish(name=name, region=REGION)
    functions.go_live(name=name, alias="live", version=version, region=REGION)
    return version


def told(name: str) -> str:
    answer = functions.invoke(name=name, region=REGION, event={}, qualifier="live")
    return str(answer["told"])


class TestVersions:
    def test_go_live_and_back_one_by_one(self, function: str) -> None:
        assert functions.live_version(name=function, alias="live", region=REGION) is None
        versions = [release(function, text) for text in ("one", "two", "three")]
        assert told(function) == "three"

        back = functions.go_back(name=function, alias="live", region=REGION)
        assert back == versions[1]
        assert told(function) == "two"
        functions.go_back(name=function, alias="live", region=REGION)
        assert told(function) == "one"

        with pytest.raises(ReleaseFailed, match="no version before"):
            functions.go_back(name=function, alias="live", region=REGION)

    def test_are_remembered_for_each_release_though_they_did_not_change(
        self, function: str
    ) -> None:
        first = release(function, "one")
        second = release(function, "two")
        functions.go_live(name=function, alias="live", version=second, region=REGION)

        back = [functions.go_back(name=function, alias="live", region=REGION) for _ in range(2)]
        assert back == [second, first]

    def test_that_are_no_longer_kept_are_said(self, function: str) -> None:
        first = release(function, "one")
        release(function, "two")
        boto3.client("lambda", region_name=REGION).delete_function(
            FunctionName=function, Qualifier=first
        )

        with pytest.raises(ReleaseFailed, match="no longer kept"):
            functions.go_back(name=function, alias="live", region=REGION)
        assert told(function) == "two"

    def test_that_fail_show_their_log(self, function: str) -> None:
        release(function, "one")

        with pytest.raises(ReleaseFailed, match=f"{function} failed"):
            functions.invoke(name=function, region=REGION, event="fail")  # type: ignore[arg-type]


def release_of(*names: str) -> Release:
    """A release of a stage whose worker, office and web are these functions."""
    stage = emulated(read_stage("dev"))
    renamed = {
        function: {**stage.functions[function], "name": name}
        for function, name in zip(("worker", "office", "web"), names, strict=True)
    }
    return Release(stage=dataclasses.replace(stage, functions=renamed))


def fail(_: Release) -> Iterator[str]:
    yield "the first answer is right"
    raise ReleaseFailed("The home page names no style sheet.")


class TestAStepThatFails:
    def test_leads_back_who_was_led_on(
        self, function: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        release(function, "before")
        release(function, "after")
        ours = release_of(function, function, function)
        ours.moved = ["web"]

        assert _do("deploy", [("smoke test", fail)], release=ours) == 1

        assert told(function) == "before"
        assert "went back to version" in capsys.readouterr().out

    def test_leads_nobody_back_who_was_there_already(self, function: str) -> None:
        release(function, "before")
        release(function, "after")

        assert _do("deploy", [("smoke test", fail)], release=release_of(*[function] * 3)) == 1

        assert told(function) == "after"

    def test_leads_all_back_or_none(
        self, function: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        release(function, "before")
        release(function, "after")
        ours = release_of(function, "shop-never-made", function)
        ours.moved = ["web", "office"]

        assert _do("deploy", [("smoke test", fail)], release=ours) == 1

        assert told(function) == "after"
        assert "NOT taken back" in capsys.readouterr().out

    def test_is_a_page_that_does_not_answer(self) -> None:
        nobody = smoke.Shop(address="http://127.0.0.1:9")

        with pytest.raises(ReleaseFailed, match="/readyz is not answered"):
            list(smoke.check(nobody, has_static=lambda _: True))

    @pytest.mark.parametrize(("statuses", "ends_with"), [([504, 504, 200], 200), ([504] * 3, 504)])
    def test_is_no_function_that_is_still_starting(
        self, monkeypatch: pytest.MonkeyPatch, statuses: list[int], ends_with: int
    ) -> None:
        left = list(statuses)

        def answer(*_: object, **__: object) -> requests.Response:
            response = requests.Response()
            response.status_code = left.pop(0)
            return response

        monkeypatch.setattr(requests, "request", answer)

        assert smoke.Shop(address="http://shop").get("/readyz").status_code == ends_with
        assert left == []

    def test_is_an_account_with_too_small_a_quota(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ours = Release(stage=read_stage("dev"))
        assert re.match(r"37 of \d+ executions", next(code.check_quota(ours)))
        monkeypatch.setattr(code, "_UNRESERVED", 1_000_000)

        with pytest.raises(ReleaseFailed, match="L-B99A9384"):
            list(code.check_quota(ours))


class TestNames:
    def test_of_certificates_are_forgotten_and_no_others(self) -> None:
        route53 = boto3.client("route53", region_name=REGION)
        zone = route53.create_hosted_zone(Name=f"{unique('zone')}.com.", CallerReference=unique(""))
        number, name = zone["HostedZone"]["Id"], zone["HostedZone"]["Name"]
        values = {"_proof": "_x.acm-validations.aws.", "mail": "_x.dkim.amazonses.com."}
        records = [
            {
                "Name": f"{first}.{name}",
                "Type": "CNAME",
                "TTL": 300,
                "ResourceRecords": [{"Value": value}],
            }
            for first, value in values.items()
        ]
        changes = [{"Action": "CREATE", "ResourceRecordSet": one} for one in records]
        route53.change_resource_record_sets(HostedZoneId=number, ChangeBatch={"Changes": changes})

        names.forget_proofs(zone=number, region=REGION)
        names.forget_proofs(zone=number, region=REGION)

        left = route53.list_resource_record_sets(HostedZoneId=number)["ResourceRecordSets"]
        assert [one["Name"] for one in left if one["Type"] == "CNAME"] == [f"mail.{name}"]


class TestSettings:
    @pytest.mark.parametrize("name", STAGES)
    def test_of_each_function_are_its_own(self, name: str, tmp_path: Path) -> None:
        path = rendering.write_settings(stage=read_stage(name), outputs=OUTPUTS, folder=tmp_path)
        written = json.loads(path.read_text())

        assert set(written) == {name, f"{name}_office", f"{name}_worker"}
        assert {one["role_arn"] for one in written.values()} == {
            "WebRoleArn-1", "OfficeRoleArn-1", "WorkerRoleArn-1",
        }  # fmt: skip
        assert {one["aws_environment_variables"]["FUNCTION"] for one in written.values()} == set(
            FUNCTIONS
        )
        assert {one["aws_environment_variables"]["CACHE_HOST"] for one in written.values()} == {
            "CacheHost-1"
        }
        assert written[f"{name}_worker"]["use_apigateway"] is False
        assert all(one["api_key_required"] and not one["manage_roles"] for one in written.values())

    def test_hold_no_secret_and_none_is_in_the_file_of_the_checkout(self) -> None:
        rendered = rendering.settings_of(
            function="web", stage=read_stage("production"), outputs=OUTPUTS
        )
        environment = rendered["aws_environment_variables"]
        checkout = (ROOT / "zappa_settings.json").read_text()

        assert not [
            one for one in environment if re.search("PASSWORD|_KEY$|TOKEN|DATABASE_URL", one)
        ]
        assert not re.search(r"arn:|subnet-|sg-|\d{12}|eu-west|example\.com", checkout)

    def test_of_a_stack_that_is_missing_stop_the_release(self) -> None:
        outputs = {name: value for name, value in OUTPUTS.items() if name != "QueueBaseUrl"}

        with pytest.raises(KeyError, match="QueueBaseUrl"):
            rendering.settings_of(function="web", stage=read_stage("dev"), outputs=outputs)


class TestCommands:
    def test_destroy_nothing_unless_the_stage_is_said_twice(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["destroy", "dev", "--emulated"]) == 2
        assert "--confirm dev" in capsys.readouterr().out

    @pytest.mark.parametrize("name", ["staging", "production"])
    def test_destroy_nothing_that_is_protected(self, name: str) -> None:
        with pytest.raises(ReleaseFailed, match="is protected"):
            list(steps.destroy(Release(stage=read_stage(name))))

    def test_plan_a_new_stage_without_making_anything(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["deploy", "dev", "--emulated", "--dry-run"]) == 0

        said = capsys.readouterr().out
        assert "network: the whole stack is made" in said
        assert "shop-dev-worker: made" in said
        assert cloudformation.outputs_of(name="shop-dev-network", region=REGION) is None

    def test_of_a_pipeline_leave_to_people_what_is_theirs(self) -> None:
        stage: Stage = emulated(read_stage("dev"))
        lines = list(steps.plan(Release(stage=stage, only_code=True)))

        assert {line.split(":")[0] for line in lines if "stack" in line or "made, with" in line} == {
            "observability", "messaging", "bindings",
        }  # fmt: skip


class TestWhatNobodyCanMakeAgain:
    def test_is_not_lost_to_a_change_of_a_template(self) -> None:
        name = unique("stack")
        cloudformation.make(queue_stack(name))
        without_queue = dataclasses.replace(
            queue_stack(name), template="Resources: {Topic: {Type: 'AWS::SNS::Topic'}}"
        )

        with pytest.raises(ReleaseFailed, match="--lose Queue"):
            cloudformation.make(without_queue)
        assert cloudformation.outputs_of(name=name, region=REGION) != {}

        allowed = dataclasses.replace(without_queue, may_lose=frozenset({"Queue"}))
        assert "remove Queue (AWS::SQS::Queue)" in cloudformation.make(allowed)
        cloudformation.delete(name=name, region=REGION)


class TestTwoReleasesAtOnce:
    def test_do_not_overrun_each_other(self, function: str) -> None:
        first = release(function, "one")
        since = functions.revision(name=function, alias="live", region=REGION)
        where = {"name": function, "alias": "live", "region": REGION}
        release(function, "somebody else's")

        with pytest.raises(ReleaseFailed, match="Somebody else has released"):
            functions.go_live(**where, version=first, since=since)

        assert told(function) == "somebody else's"
        assert functions.go_live(**where, version=first, since=functions.revision(**where))
