"""The laptop's AWS: closed to the outside, keeps its queues, and is provisioned from the declaration."""

import hashlib
import io
import json
import socket
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from dev import emulator, processes
from dev.emulator import ACCOUNT, CREDENTIALS, REGION, Emulator
from dev.provision import provision
from ecommerce import messaging

pytestmark = pytest.mark.stage


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aws")


@pytest.fixture
def running(state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    emulator.install()
    monkeypatch.setenv("A_SECRET_OF_THE_SHELL", "hidden")
    started = emulator.start(state=state)
    yield started
    emulator.stop(emulator=started)


def client(running: Emulator, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=running.url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS,
        aws_secret_access_key=CREDENTIALS,
    )


def address(running: Emulator, name: str) -> str:
    return f"{running.url}/{ACCOUNT}/{messaging.physical_name(name)}"


def receive(running: Emulator, name: str) -> list[str]:
    answer = client(running, "sqs").receive_message(
        QueueUrl=address(running, name), MaxNumberOfMessages=10, WaitTimeSeconds=1
    )
    return [message["Body"] for message in answer.get("Messages", [])]


def everything(running: Emulator) -> dict[str, Any]:
    sqs, sns = client(running, "sqs"), client(running, "sns")
    subscriptions = sns.list_subscriptions()["Subscriptions"]
    return {
        **{
            url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            for url in sqs.list_queues()["QueueUrls"]
        },
        **{
            one["SubscriptionArn"]: sns.get_subscription_attributes(
                SubscriptionArn=one["SubscriptionArn"]
            )["Attributes"]
            for one in subscriptions
        },
        "topics": sns.list_topics()["Topics"],
        "buckets": [one["Name"] for one in client(running, "s3").list_buckets()["Buckets"]],
    }


def test_it_sees_nothing_of_the_shell_and_is_closed_to_the_network(running: Emulator) -> None:
    seen = Path(f"/proc/{running.pid}/environ").read_bytes()
    assert b"A_SECRET_OF_THE_SHELL" not in seen
    port = int(running.url.rpartition(":")[2])
    with socket.socket() as probe:
        probe.settimeout(1)
        # Any address but 127.0.0.1 reaches a server that listens everywhere.
        assert probe.connect_ex(("127.0.0.2", port)) != 0


def test_provisioning_twice_changes_nothing(running: Emulator) -> None:
    provision(endpoint_url=running.url)
    first = everything(running)
    provision(endpoint_url=running.url)
    assert everything(running) == first
    assert set(first["buckets"]) == set(map(messaging.physical_name, messaging.BUCKETS))


def test_every_queue_has_its_dead_letter_queue(running: Emulator) -> None:
    provision(endpoint_url=running.url)
    present = everything(running)
    for queue in messaging.QUEUES:
        attributes = present[address(running, queue.name)]
        redrive = json.loads(attributes["RedrivePolicy"])
        assert redrive["deadLetterTargetArn"].endswith(f"-{queue.name}-dlq")
        assert int(redrive["maxReceiveCount"]) == queue.receive_limit
        assert attributes["VisibilityTimeout"] == str(queue.visibility_seconds)
        assert present[address(running, f"{queue.name}-dlq")]


def test_what_differs_is_corrected(running: Emulator) -> None:
    provision(endpoint_url=running.url)
    first = everything(running)
    sqs, sns = client(running, "sqs"), client(running, "sns")
    sqs.set_queue_attributes(
        QueueUrl=address(running, "orders"), Attributes={"VisibilityTimeout": "1"}
    )
    subscription = sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"]
    for name, value in (("FilterPolicy", "{}"), ("RawMessageDelivery", "false")):
        sns.set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName=name, AttributeValue=value
        )
    provision(endpoint_url=running.url)
    mended = everything(running)
    moving = "LastModifiedTimestamp"
    for attributes in (first[address(running, "orders")], mended[address(running, "orders")]):
        attributes.pop(moving)
    assert mended == first


def test_each_system_hears_what_its_filter_lets_through(running: Emulator) -> None:
    provision(endpoint_url=running.url)
    audience = {system: types for system, types in messaging.DOWNSTREAM.items() if types}
    heard = sorted({event for types in audience.values() for event in types})
    for event in (*heard, "nobody.listens.v1"):
        client(running, "sns").publish(
            TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{messaging.physical_name(messaging.TOPIC)}",
            Message=event,
            MessageAttributes={"event_type": {"DataType": "String", "StringValue": event}},
        )
    for system, types in audience.items():
        got: list[str] = []
        while fresh := receive(running, f"downstream-{system}"):
            got += fresh
        assert sorted(got) == sorted(types)


def test_what_waits_in_a_queue_survives_a_restart(running: Emulator, state: Path) -> None:
    provision(endpoint_url=running.url)
    client(running, "sqs").send_message(
        QueueUrl=address(running, "orders"), MessageBody="do not lose me"
    )
    client(running, "s3").put_object(
        Bucket=messaging.physical_name("media"), Key="a/b.txt", Body=b"kept"
    )
    emulator.stop(emulator=running)
    assert not processes.is_alive(process=running.process)
    again = emulator.start(state=state)
    try:
        assert again.url == running.url
        assert receive(again, "orders") == ["do not lose me"]
        stored = client(again, "s3").get_object(
            Bucket=messaging.physical_name("media"), Key="a/b.txt"
        )
        assert stored["Body"].read() == b"kept"
    finally:
        emulator.stop(emulator=again)


def test_a_second_one_on_the_same_folder_replaces_the_first(running: Emulator, state: Path) -> None:
    second = emulator.start(state=state)
    try:
        assert not processes.is_alive(process=running.process)
        assert second.url == running.url
    finally:
        emulator.stop(emulator=second)


def package(code: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("function.py", code)
    return content.getvalue()


def make_function(running: Emulator, code: str, *, name: str = "greeter") -> Any:
    functions = client(running, "lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Handler="function.handle",
        Code={"ZipFile": package(code)},
        Publish=True,
    )
    return functions


class TestFunctions:
    def test_keep_the_code_of_each_version(self, running: Emulator) -> None:
        functions = make_function(running, "def handle(event, context): return 1")
        functions.update_function_code(
            FunctionName="greeter",
            ZipFile=package("def handle(event, context): return 2"),
            Publish=True,
        )

        codes = []
        for version in (1, 2):
            found = functions.get_function(FunctionName=f"function:greeter:{version}")
            with urllib.request.urlopen(found["Code"]["Location"]) as answer:
                codes.append(zipfile.ZipFile(io.BytesIO(answer.read())).read("function.py"))

        assert [code[-1:] for code in codes] == [b"1", b"2"]

    def test_find_only_what_is_in_their_package(self, running: Emulator) -> None:
        code = "def handle(event, context): import ministack"
        functions = make_function(running, code, name="careless")

        answer = functions.invoke(FunctionName="careless")

        assert answer["FunctionError"]
        assert "No module named 'ministack'" in answer["Payload"].read().decode()

    def test_of_an_alias_are_those_of_the_version_that_it_moved_to(self, running: Emulator) -> None:
        functions = make_function(running, "def handle(event, context): return 1", name="moving")
        functions.create_alias(FunctionName="moving", Name="live", FunctionVersion="1")
        before = functions.invoke(FunctionName="moving", Qualifier="live")["Payload"].read()
        functions.update_function_code(
            FunctionName="moving",
            ZipFile=package("def handle(event, context): return 2"),
            Publish=True,
        )

        functions.update_alias(FunctionName="moving", Name="live", FunctionVersion="2")

        after = functions.invoke(FunctionName="moving", Qualifier="live")["Payload"].read()
        assert (before, after) == (b"1", b"2")

    def test_behind_a_domain_are_told_the_whole_path_and_no_stage(self, running: Emulator) -> None:
        code = (
            "import json\n"
            "def handle(event, context):\n"
            "    told = [event['path'], event['requestContext']['path']]\n"
            "    return {'statusCode': 200, 'body': json.dumps(told)}\n"
        )
        make_function(running, code, name="teller")
        api = publish_api(running, function="teller", domain="shop.example.com", base_path="admin")

        by_domain = ask(running, "/admin/log-in/", host="shop.example.com")
        by_id = ask(running, f"/restapis/{api}/dev/_user_request_/log-in/", host="127.0.0.1")

        assert by_domain == ["/admin/log-in/", "/admin/log-in/"]
        assert by_id == ["/log-in/", "/dev/log-in/"]

    def test_that_raised_go_on_living(self, running: Emulator) -> None:
        code = (
            "calls = []\n"
            "def handle(event, context):\n"
            "    calls.append(event)\n"
            "    if event == 'raise': raise ValueError('no')\n"
            "    return len(calls)\n"
        )
        functions = make_function(running, code, name="survivor")

        raised = functions.invoke(FunctionName="survivor", Payload=b'"raise"')
        after = functions.invoke(FunctionName="survivor", Payload=b'"ask"')

        assert raised["FunctionError"]
        assert json.loads(raised["Payload"].read())["errorMessage"] == "no"
        assert json.loads(after["Payload"].read()) == 2

    def test_are_handed_bytes_as_they_were_sent(self, running: Emulator) -> None:
        """Zappa says of its API that everything is binary, by a patch."""
        code = (
            "import base64, hashlib\n"
            "def handle(event, context):\n"
            "    body = base64.b64decode(event['body']) if event['isBase64Encoded'] else b'text'\n"
            "    return {'statusCode': 200, 'body': hashlib.sha256(body).hexdigest()}\n"
        )
        make_function(running, code, name="digester")
        api = publish_api(running, function="digester", domain="bytes.example.com", base_path="x")
        gateway = client(running, "apigateway")
        patch = [{"op": "add", "path": "/binaryMediaTypes/*~1*"}]
        gateway.update_rest_api(restApiId=api, patchOperations=patch)
        content = bytes(range(256)) * 4

        answer = post(running, f"/restapis/{api}/dev/_user_request_/a", body=content)

        assert gateway.get_rest_api(restApiId=api)["binaryMediaTypes"] == ["*/*"]
        assert answer == (200, hashlib.sha256(content).hexdigest())

    @pytest.mark.parametrize(
        ("code", "size", "status"),
        [
            ("return {'statusCode': 200, 'body': 'x'}", 1_000, 200),
            ("return {'statusCode': 200, 'body': 'x'}", 6_300_000, 413),
            ("return {'statusCode': 200, 'body': 'x' * 6_300_000}", 10, 502),
            ("import time; time.sleep(3)", 10, 504),
        ],
        ids=["small", "a long question", "a long answer", "slow"],
    )
    def test_keep_to_the_limits_of_aws(
        self, running: Emulator, code: str, size: int, status: int
    ) -> None:
        name = f"limited-{status}"
        make_function(running, f"def handle(event, context):\n    {code}\n", name=name)
        api = publish_api(
            running,
            function=name,
            domain=f"{name}.example.com",
            base_path="x",
            patience_millis=2000,
        )

        found, _ = post(running, f"/restapis/{api}/dev/_user_request_/a", body=b"x" * size)

        assert found == status


def post(running: Emulator, path: str, *, body: bytes) -> tuple[int, str]:
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(f"{running.url}{path}", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def publish_api(
    running: Emulator, *, function: str, domain: str, base_path: str, patience_millis: int = 29_000
) -> str:
    """A REST API that hands every path to a function, mapped below a domain."""
    gateway = client(running, "apigateway")
    api: str = gateway.create_rest_api(name="any")["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    every = gateway.create_resource(restApiId=api, parentId=root["id"], pathPart="{proxy+}")
    method = {"restApiId": api, "resourceId": every["id"], "httpMethod": "ANY"}
    gateway.put_method(**method, authorizationType="NONE")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        timeoutInMillis=patience_millis,
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
    )
    gateway.create_deployment(restApiId=api, stageName="dev")
    gateway.create_domain_name(domainName=domain)
    gateway.create_base_path_mapping(
        domainName=domain, basePath=base_path, restApiId=api, stage="dev"
    )
    return api


def ask(running: Emulator, path: str, *, host: str) -> Any:
    request = urllib.request.Request(f"{running.url}{path}", headers={"Host": host})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
