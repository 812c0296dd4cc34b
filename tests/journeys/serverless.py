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
from urllib.parse import quote, urlsplit

import boto3
import psycopg2
import requests

from apps.catalog.rules import rendition_name
from tests.stage import STATE

ROOT = Path(__file__).resolve().parents[2]
_RECORDING = Path(__file__).with_name("recording")
STAGE = "dev"
# Nothing is waited for by the clock of a quiet machine: what comes, comes at once or within this.
PATIENCE_SECONDS = float(os.environ.get("STAGE_PATIENCE", "900"))
# API Gateway's word for a function that did not answer within 29 seconds, as one that starts on a busy
# machine does not: a shopper asks again.
TIMED_OUT = 504
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
    # What each downstream system was told, by the event's id: twice is as good as once.
    heard: dict[str, dict[str, str]] = field(default_factory=dict)
    asked_again: int = 0

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
            timeout=2 * PATIENCE_SECONDS,
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
            timeout=PATIENCE_SECONDS,
        )

    def manage(self, command: str) -> int:
        """What a management command in the live worker ends with; `make manage` does the same."""
        return self.release("manage", "--run", command)

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
            "from examples.catalogue.load import load_accounts, load_catalogue\n"
            "from examples.catalogue.records import read\n"
            "from apps.inventory.models import MovementReason\n"
            "from apps.inventory.services import move_stock\n"
            "load_catalogue(read()); load_accounts()\n"
            f"move_stock(sku='{SKU}', quantity=1000, reason=MovementReason.RECEIVED)"
        )
        settings = {"DJANGO_SETTINGS_MODULE": "ecommerce.settings.local", "STAGE": STAGE}
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, **settings, "DATABASE_URL": self.database_url},
            check=True,
            timeout=PATIENCE_SECONDS,
        )

    def ask(self, method: str, path: str, **content: Any) -> requests.Response:
        """A request as CloudFront hands it to API Gateway, with the shop's name and its key; whoever gets
        no answer from a function that is still starting asks again.
        """
        address = f"198.51.{next(_COUNT) // 250 % 250}.{next(_COUNT) % 250}"
        forwarded = {"X-Forwarded-For": f"{address}, 203.0.113.7"}
        headers = {**self._edge_headers(), **forwarded, **content.pop("headers", {})}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = requests.request(
                method,
                os.environ["AWS_ENDPOINT_URL"] + path,
                headers=headers,
                timeout=PATIENCE_SECONDS,
                allow_redirects=False,
                **content,
            )
            if answer.status_code != TIMED_OUT or time.monotonic() > deadline:
                return answer
            self.asked_again += 1

    def place(self, *, city: str = ADDRESS["city"], token: str = "tok_success") -> Placed:
        """A guest's purchase over the API: cart, quote, order."""
        cart = self._json("POST", "/api/v1/carts/", 201)
        guest = {"Guest-Secret": cart["secret"]}
        lines = f"/api/v1/carts/{cart['id']}/lines/"
        self._json("POST", lines, 201, json={"sku": SKU, "quantity": 1}, headers=guest)
        wish = {
            "cart": cart["id"],
            "market": "gb",
            # One address hears of so many orders in an hour, and no more.
            "email": f"ada{next(_COUNT)}@example.com",
            "shipping_method": "standard",
            "address": {**ADDRESS, "city": city},
        }
        quoted = self._json("POST", "/api/v1/quotes/", 201, json=wish, headers=guest)
        order = {"quote": quoted["quote"], "payment_provider": "fake", "payment_token": token}
        placed = self._json("POST", "/api/v1/orders/", 202, json=order, headers=guest)
        return Placed(id=placed["id"], status_path=_path_of(placed["status_url"]), city=city)

    def refuse(self, skus: Iterable[str]) -> list[str]:
        """The names under which the shop refuses to put things into a cart that it does not sell."""
        cart = self._json("POST", "/api/v1/carts/", 201)
        asked = {"json": {"quantity": 1}, "headers": {"Guest-Secret": cart["secret"]}}
        lines = f"/api/v1/carts/{cart['id']}/lines/"
        return [
            self._json("PUT", f"{lines}{quote(sku, safe='')}/", 400, **asked)["sku"] for sku in skus
        ]

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

    def stored(self, name: str) -> bytes:
        """A file of the bucket `media`."""
        content: bytes = (
            boto3.client("s3").get_object(Bucket=self._media(), Key=name)["Body"].read()
        )
        return content

    def hang_up(self) -> int:
        """End every connection to the database, as a fail-over does; how many there were."""
        ended = self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(ended)

    def pile_up(self, event: str, *, count: int) -> None:
        """Let so many events wait, each of a subject of its own, and wake nobody."""
        self.rows(
            "INSERT INTO events_outboxmessage (id, type, subject, payload, is_public, occurred_at)"
            " SELECT gen_random_uuid(), type, gen_random_uuid()::text, payload, true, now()"
            " FROM (SELECT type, payload FROM events_outboxmessage WHERE type = %s LIMIT 1) one,"
            " generate_series(1, %s) RETURNING 1",
            event,
            count,
        )

    def waiting_events(self) -> int:
        """How many events and deliveries are not done."""
        ((count,),) = self.rows(
            "SELECT (SELECT count(*) FROM events_outboxmessage WHERE fanned_out_at IS NULL)"
            " + (SELECT count(*) FROM events_delivery WHERE delivered_at IS NULL)"
        )
        return int(count)

    def leave_schedule(self, task: str) -> None:
        """The clock's row of a task that only the release to be taken back knows."""
        queue = self._queue("tasks")
        attributes = boto3.client("sqs").get_queue_attributes(
            QueueUrl=queue, AttributeNames=["QueueArn"]
        )["Attributes"]
        boto3.client("scheduler").create_schedule(
            Name=task,
            GroupName=f"shop-{STAGE}",
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": attributes["QueueArn"],
                "RoleArn": "arn:aws:iam::000000000000:role/any",
                "Input": json.dumps({"task": task, "expires_after": 55}),
            },
        )

    def forget_schedule(self, task: str) -> None:
        """Take the row away, as the next release of the code would."""
        boto3.client("scheduler").delete_schedule(Name=task, GroupName=f"shop-{STAGE}")

    def lines_of_worker(self, *words: str) -> int:
        """How many lines of the worker's log hold all of these words."""
        pages = boto3.client("logs").get_paginator("filter_log_events")
        events = pages.paginate(logGroupName=f"/aws/lambda/shop-{STAGE}-worker").build_full_result()
        lines = "\n".join(one["message"] for one in events["events"]).splitlines()
        return sum(all(word in line for word in words) for line in lines)

    def time_outs(self) -> int:
        """How often a function was ended by force; the emulator says so in its own log."""
        return (STATE / "aws" / "emulator.log").read_text().count("Task timed out")

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
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self._queue(queue), AttributeNames=names
        )["Attributes"]
        return sum(int(found[name]) for name in names)

    def _queue(self, name: str) -> str:
        url: str = boto3.client("sqs").get_queue_url(QueueName=f"{STAGE}-{name}")["QueueUrl"]
        return url

    def give_up_after(self, queue: str, *, receives: int) -> None:
        """Let SQS give a message up after seconds instead of the nine hours that outages need."""
        sqs, url = boto3.client("sqs"), self._queue(queue)
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
        policy = {
            **json.loads(found["Attributes"]["RedrivePolicy"]),
            "maxReceiveCount": str(receives),
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})

    def hears(self, system: str) -> dict[str, int]:
        """How many events of each kind a downstream system has been told of so far.

        Delivery is "at least once": an event that comes again has the same id, and counts once.
        """
        sqs, url = boto3.client("sqs"), self._queue(f"downstream-{system}")
        known = self.heard.setdefault(system, {})
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                event = json.loads(message["Body"])
                known[event["id"]] = event["type"]
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return dict(Counter(known.values()))

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


def until(condition: Callable[[], bool]) -> bool:
    """Whether it became true within the patience of a busy machine."""
    deadline = time.monotonic() + PATIENCE_SECONDS
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


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
