"""Pictures that come into the bucket: S3 tells the queue, and whoever works it makes their renditions."""

import io
import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django import Settings

from apps.catalog import gateways as catalog
from apps.catalog.models import Picture
from apps.catalog.rules import rendition_name
from apps.core.gateways import aws_client
from ecommerce.lambda_handler import handler
from ecommerce.messaging import physical_name
from tests.factories.lambdas import Context, receive, sqs_event, sqs_record
from tests.faults.programs import database_url, stage_environment, wait_until, worker
from tests.queues import Queues

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("emulator")]


def png(width: int, height: int) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (width, height), "green").save(drawn, "PNG")
    return drawn.getvalue()


def put(bucket: str, name: str, content: bytes) -> None:
    aws_client("s3").put_object(Bucket=bucket, Key=name, Body=content)


def arrivals(queues: Queues, *, any_come: bool = True) -> list[dict[str, Any]]:
    """What the queue has been told, once it was told anything, and a moment more."""
    deadline = time.monotonic() + 10
    while any_come and not queues.unfinished("bulk") and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    return receive(queues, "bulk")


@pytest.fixture
def bucket(settings: Settings, queues: Queues) -> str:
    """The bucket on the emulator, as the shop's storage."""
    bucket = physical_name("media")
    options = {"bucket_name": bucket, "file_overwrite": False}
    media = {"BACKEND": "apps.core.gateways.MediaStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": media}
    return bucket


def test_get_their_renditions(bucket: str, queues: Queues) -> None:
    name = f"products/{uuid4()} a+ü.png"
    put(bucket, name, png(300, 200))
    put(bucket, name.replace("products", "other"), png(300, 200))

    records = arrivals(queues)
    answers = [handler(sqs_event(record), Context()) for record in [*records, *records]]

    assert len(records) == 1
    assert answers == [{"batchItemFailures": []}] * 2
    picture = Picture.objects.get()
    assert (picture.name, picture.widths) == (name, [160, 300])
    for width in picture.widths:
        rendition = rendition_name(name=name, fingerprint=picture.fingerprint, width=width)
        assert default_storage.exists(rendition)
    # A rendition is no arrival, or the worker would never end.
    assert not [one for one in arrivals(queues, any_come=False) if "renditions" in one["body"]]


def test_that_cannot_be_drawn_are_done(bucket: str, queues: Queues) -> None:
    put(bucket, f"categories/{uuid4()}.png", b"broken")

    (record,) = arrivals(queues)
    answer = handler(sqs_event(record), Context())

    assert answer == {"batchItemFailures": []}
    assert Picture.objects.get().refusal


def test_come_again_while_the_bucket_does_not_answer(
    bucket: str, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, f"products/{uuid4()}.png", png(300, 200))
    (record,) = arrivals(queues)

    def refuse(name: str) -> bytes:
        raise EndpointConnectionError(endpoint_url=name)

    monkeypatch.setattr(catalog, "read_original", refuse)
    answer = handler(sqs_event(record), Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}


def test_that_s3_only_tries_out_are_nothing(queues: Queues) -> None:
    body = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "media"}

    answer = handler(sqs_event(sqs_record(json.dumps(body))), Context())

    assert answer == {"batchItemFailures": []}
    assert not Picture.objects.exists()


@pytest.mark.parametrize(
    "document",
    [
        {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]},
        {"Records": [{"eventSource": "aws:s3"}]},
        {"Records": "aws:s3"},
        {"Event": "s3:TestEvents", "Of": "s3:TestEvent"},
        ["aws:s3"],
    ],
)
def test_that_are_told_wrongly_are_set_aside(queues: Queues, document: Any) -> None:
    answer = handler(sqs_event(sqs_record(json.dumps(document))), Context())

    assert answer == {"batchItemFailures": []}
    (dead,) = receive(queues, "tasks-dlq")
    assert json.loads(dead["body"]) == document


def test_are_worked_by_the_laptop_too(bucket: str, queues: Queues, tmp_path: Path) -> None:
    names = [f"products/{uuid4()}.png", f"categories/{uuid4()}.png"]
    environment = stage_environment(
        DATABASE_URL=database_url(),
        MEDIA_BUCKET=bucket,
        DJANGO_SETTINGS_MODULE="ecommerce.settings.local",
    )
    with worker(environment, log=tmp_path / "log"):
        for name in names:
            put(bucket, name, png(300, 200))
        done = wait_until(
            lambda: Picture.objects.count() == 2 and queues.unfinished("bulk") == 0, seconds=60
        )

    assert done, (tmp_path / "log").read_text()
    assert set(Picture.objects.values_list("name", flat=True)) == set(names)
