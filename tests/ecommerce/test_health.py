"""Is it up, and does what it needs answer?"""

import dataclasses
import json

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from ecommerce import health
from ecommerce.messaging import QUEUES


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    health._results.cache_clear()


class TestHealthz:
    @pytest.mark.django_db
    def test_asks_nobody(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            response = client.get("/healthz")

        assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
class TestReadyz:
    def test_is_ready_when_all_answer(self, client: Client) -> None:
        response = client.get("/readyz")

        assert response.status_code == 200
        assert response.json() == {
            "status": "ok",
            "database": "ok",
            "queue": "ok",
            "topic": "ok",
        }

    def test_asks_once_a_second_however_often_it_is_asked(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[int] = []
        monkeypatch.setattr(health, "_topic", lambda: asked.append(1))
        monkeypatch.setattr(health.time, "monotonic", lambda: 7.0)

        for _ in range(20):
            client.get("/readyz")

        assert len(asked) == 1

    def test_names_a_queue_that_is_missing(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        missing = dataclasses.replace(QUEUES[0], name="nobody-made-this")
        monkeypatch.setattr(health, "QUEUES", (*QUEUES, missing))

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json() == {
            "status": "unavailable",
            "database": "ok",
            "queue": "QueueDoesNotExist",
            "topic": "ok",
        }

    def test_names_a_topic_that_is_missing(self, client: Client, settings: Settings) -> None:
        settings.SNS_TOPIC_ARN = f"{settings.SNS_TOPIC_ARN}-elsewhere"

        response = client.get("/readyz")

        assert response.status_code == 503
        assert (response.json()["queue"], response.json()["topic"]) == ("ok", "NotFoundException")

    def test_names_a_database_that_is_away(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail() -> None:
            raise OperationalError("password=secret")

        monkeypatch.setattr(connection, "cursor", fail)

        response = health.readyz(None)  # type: ignore[arg-type]

        assert response.status_code == 503
        assert json.loads(response.content)["database"] == "OperationalError"
        assert b"secret" not in response.content
