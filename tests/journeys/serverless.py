"""The stage `dev` on the emulator: deployed, asked and taken away by the commands that a person would type."""

import io
import itertools
import json
import os
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psycopg2
import requests

from apps.catalog.rules import rendition_name

ROOT = Path(__file__).resolve().parents[2]
_RECORDING = Path(__file__).with_name("recording")
STAGE = "dev"
DATABASE = "shop_stage"
ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
}
SKU = "AB-FLR-002-1L-LEM"
# So many guests at one address would be asked to wait.
_COUNT = itertools.count()
# What the release with the planted bug cannot work.
POISONED_CITY = "Poisonville"
STUMBLE = f'''
_processed = services.process_order


def _stumble(*, request):
    if "{POISONED_CITY}" in str(request).title():
        raise KeyError("city")
    return _processed(request=request)


services.process_order = _stumble
'''


@dataclass(frozen=True)
class Placed:
    """An order that was accepted: its id, and where to ask for it."""

    id: str
    status_path: str
    city: str


@dataclass
class Stage:
    """The emulated stage, and what its users and its operator do with it."""

    database_url: str
    package: Path
    domain: str = "dev.shop.example.com"
    headers: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        url = urlsplit(self.database_url)
        login = {"username": url.username, "password": url.password}
        self.database_host = f"{url.hostname}:{url.port}"
        # As RDS keeps it.
        secret = boto3.client("secretsmanager").create_secret(
            Name=f"rds!{STAGE}", SecretString=json.dumps(login)
        )
        self.database_secret: str = secret["ARN"]

    def release(self, command: str, *options: str, package: Path | None = None) -> int:
        """What `make deploy`, `rollback`, `smoke` or `destroy` ends with; its output is shown.

        Every call of AWS that it makes, or Zappa in its name, is noted in `calls`.
        """
        notes = self.package.with_name("calls")
        notes.write_text("")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "infra.release", command, STAGE, "--emulated"),
                *("--package", package or self.package),
                *("--output", f"DatabaseSecretArn={self.database_secret}"),
                *("--output", f"DatabaseHost={self.database_host}"),
                *("--output", "DatabaseKeyArn=", *options),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(_RECORDING), "AWS_CALLS": str(notes)},
            check=False,
            timeout=600,
        )
        self.calls = set(notes.read_text().split())
        return done.returncode

    def zappa(self, command: str, *arguments: str) -> None:
        """One of Zappa's own commands, with the settings that the release rendered."""
        subprocess.run(
            [Path(sys.executable).with_name("zappa"), command, *arguments],
            cwd=ROOT / "var" / "release" / STAGE,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=300,
        )

    def leave_half_made(self) -> None:
        """The web function without its API, as a first release leaves it that breaks off there."""
        with io.BytesIO() as packed:
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("index.py", "def handler(event, context): pass")
            boto3.client("lambda").create_function(
                FunctionName=f"shop-{STAGE}",
                Runtime="python3.13",
                Role="arn:aws:iam::000000000000:role/any",
                Handler="index.handler",
                Code={"ZipFile": packed.getvalue()},
            )

    def fill(self) -> None:
        """The demo catalogue, without its pictures, and goods enough for everybody."""
        program = (
            "import django; django.setup()\n"
            "from dev.demo.load import load_accounts, load_catalogue\n"
            "from dev.demo.catalogue import load\n"
            "from apps.inventory.models import MovementReason\n"
            "from apps.inventory.services import move_stock\n"
            "load_catalogue(load()); load_accounts()\n"
            f"move_stock(sku='{SKU}', quantity=1000, reason=MovementReason.RECEIVED)"
        )
        settings = {"DJANGO_SETTINGS_MODULE": "ecommerce.settings.local", "STAGE": STAGE}
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, **settings, "DATABASE_URL": self.database_url},
            check=True,
            timeout=120,
        )

    def ask(self, method: str, path: str, **content: Any) -> requests.Response:
        """A request as CloudFront hands it to API Gateway: with the shop's name and its key."""
        address = f"198.51.{next(_COUNT) // 250 % 250}.{next(_COUNT) % 250}"
        forwarded = {"X-Forwarded-For": f"{address}, 203.0.113.7"}
        headers = {**self._edge_headers(), **forwarded, **content.pop("headers", {})}
        return requests.request(
            method,
            os.environ["AWS_ENDPOINT_URL"] + path,
            headers=headers,
            timeout=60,
            allow_redirects=False,
            **content,
        )

    def place(self, *, city: str = ADDRESS["city"], token: str = "tok_success") -> Placed:
        """A guest's purchase over the API: cart, quote, order."""
        cart = self._json("POST", "/api/v1/carts/", 201)
        guest = {"Guest-Secret": cart["secret"]}
        lines = f"/api/v1/carts/{cart['id']}/lines/"
        self._json("POST", lines, 201, json={"sku": SKU, "quantity": 1}, headers=guest)
        wish = {
            "cart": cart["id"],
            "market": "gb",
            "email": "ada@example.com",
            "shipping_method": "standard",
            "address": {**ADDRESS, "city": city},
        }
        quote = self._json("POST", "/api/v1/quotes/", 201, json=wish, headers=guest)
        order = {"quote": quote["quote"], "payment_token": token}
        placed = self._json("POST", "/api/v1/orders/", 202, json=order, headers=guest)
        return Placed(id=placed["id"], status_path=_path_of(placed["status_url"]), city=city)

    def place_many(self, cities: Iterable[str]) -> list[Placed]:
        """A purchase for each city, four at a time."""
        with ThreadPoolExecutor(4) as shoppers:
            return list(shoppers.map(lambda city: self.place(city=city), cities))

    def status_of(self, placed: Placed) -> str:
        """What the shopper's status page says."""
        found: str = self._json("GET", placed.status_path, 200)["status"]
        return found

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the stage's database answers."""
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def upload(self, name: str, content: bytes) -> None:
        """Put a picture into the bucket, as the back office does."""
        boto3.client("s3").put_object(Bucket=self._media(), Key=name, Body=content)

    def renditions_of(self, name: str) -> list[int]:
        """The widths that the worker wrote down, as far as the files are there."""
        listed = boto3.client("s3").list_objects_v2(Bucket=self._media(), Prefix="renditions/")
        keys = {one["Key"] for one in listed.get("Contents", [])}
        found = self.rows("SELECT fingerprint, widths FROM catalog_picture WHERE name = %s", name)
        return [
            width
            for fingerprint, widths in found
            for width in widths
            if rendition_name(name=name, fingerprint=fingerprint, width=width) in keys
        ]

    def _media(self) -> str:
        buckets = boto3.client("s3").list_buckets()["Buckets"]
        (name,) = (one["Name"] for one in buckets if one["Name"].startswith(f"shop-{STAGE}-media"))
        return str(name)

    def depth(self, queue: str) -> int:
        """How many messages lie in a queue, hidden ones included."""
        sqs = boto3.client("sqs")
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = sqs.get_queue_url(QueueName=f"{STAGE}-{queue}")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def give_up_after(self, queue: str, *, receives: int) -> None:
        """Let SQS give a message up after seconds instead of the nine hours that outages need."""
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{STAGE}-{queue}")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
        policy = {
            **json.loads(found["Attributes"]["RedrivePolicy"]),
            "maxReceiveCount": str(receives),
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})

    def heard_by(self, system: str) -> Counter[tuple[str, str]]:
        """What came to a downstream system, taken out: how often each kind of event of each order."""
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{STAGE}-downstream-{system}")["QueueUrl"]
        heard: Counter[tuple[str, str]] = Counter()
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                event = json.loads(message["Body"])
                heard[event["type"], event["data"].get("order_id", event["id"])] += 1
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return heard

    def mails(self) -> list[str]:
        """What SES was given to send, as it was written."""
        answer = requests.get(
            f"{os.environ['AWS_ENDPOINT_URL']}/_ministack/ses/messages", timeout=10
        )
        return [str(one) for one in answer.json()["messages"]]

    def live_versions(self) -> dict[str, str]:
        """Which version of each function callers reach."""
        functions = boto3.client("lambda")
        names = (f"shop-{STAGE}-worker", f"shop-{STAGE}-office", f"shop-{STAGE}")
        return {
            name: functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
            for name in names
        }

    def _json(self, method: str, path: str, status: int, **content: Any) -> Any:
        answer = self.ask(method, path, **content)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:500])
        return answer.json()

    def _edge_headers(self) -> dict[str, str]:
        if not self.headers:
            secrets = boto3.client("secretsmanager")
            key = secrets.get_secret_value(SecretId=f"shop/{STAGE}/edge-key")["SecretString"]
            self.headers = {
                "Host": self.domain,
                "X-Forwarded-Proto": "https",
                "x-api-key": key,
            }
        return self.headers


def until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return met


def with_bug(package: Path, *, module: str, bug: str) -> Path:
    """The package of a release whose module ends with a bug."""
    to, changed = package.with_name("bug.zip"), 0
    bytecode = f"{Path(module).parent}/__pycache__/{Path(module).stem}."
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as out:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == module:
                content, changed = content + bug.encode(), changed + 1
            # Bytecode that is never checked would hide the bug.
            if not item.filename.startswith(bytecode):
                out.writestr(item, content)
    assert changed == 1
    return to


def left_over() -> dict[str, list[str]]:
    """Everything of the stage that still is at AWS, by service."""
    found = {
        "functions": [
            one["FunctionName"] for one in boto3.client("lambda").list_functions()["Functions"]
        ],
        "bindings": [
            one["UUID"]
            for one in boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ],
        "apis": [one["name"] for one in boto3.client("apigateway").get_rest_apis()["items"]],
        "keys": [one["name"] for one in boto3.client("apigateway").get_api_keys()["items"]],
        "names": [
            one["domainName"] for one in boto3.client("apigateway").get_domain_names()["items"]
        ],
        "queues": boto3.client("sqs").list_queues().get("QueueUrls", []),
        "topics": [one["TopicArn"] for one in boto3.client("sns").list_topics()["Topics"]],
        "buckets": [one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]],
        "roles": [one["RoleName"] for one in boto3.client("iam").list_roles()["Roles"]],
        "policies": [
            one["PolicyName"]
            for one in boto3.client("iam").list_policies(Scope="Local")["Policies"]
        ],
        "secrets": [
            one["Name"] for one in boto3.client("secretsmanager").list_secrets()["SecretList"]
        ],
        "logs": [
            one["logGroupName"] for one in boto3.client("logs").describe_log_groups()["logGroups"]
        ],
        "alarms": [
            one["AlarmName"] for one in boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
        ],
        "schedules": [
            one["Name"] for one in boto3.client("scheduler").list_schedules()["Schedules"]
        ],
        "pools": [
            one["Name"]
            for one in boto3.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]
        ],
        "networks": [
            one["VpcId"]
            for one in boto3.client("ec2").describe_vpcs()["Vpcs"]
            if not one["IsDefault"]
        ],
        "stacks": [
            one["StackName"] for one in boto3.client("cloudformation").describe_stacks()["Stacks"]
        ],
    }
    return {
        service: names
        for service, every in found.items()
        if (names := [name for name in every if STAGE in name or service == "networks"])
    }


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
