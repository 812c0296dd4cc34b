"""Receipts come in signed, as often as they like."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.core.models import new_id
from apps.core.rules import sign
from apps.downstream.models import Receipt
from apps.events.services import publish
from tests.events.things import ThingDone
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
RECEIVED = datetime(2026, 11, 21, 10, tzinfo=UTC)
ACKNOWLEDGED = RECEIVED + timedelta(seconds=2)


def receipt(event_id: UUID, **times: datetime | None) -> dict[str, Any]:
    told = {"received_at": RECEIVED, **times}
    return {
        "event_id": str(event_id),
        **{name: time.isoformat() for name, time in told.items() if time},
    }


def post(*receipts: dict[str, Any], system: str = "accounting", **proof: Any) -> Any:
    return post_body(json.dumps({"system": system, "receipts": receipts}).encode(), **proof)


def post_body(body: bytes, *, secret: str | None = None, at: datetime | None = None) -> Any:
    secret = settings.DOWNSTREAM_SECRETS["accounting"] if secret is None else secret
    signature = sign(body=body, secret=secret, now=int((at or timezone.now()).timestamp()))
    return APIClient().post(
        reverse("api:downstream-receipts"),
        data=body,
        content_type="application/json",
        headers={"Shop-Signature": signature},
    )


class TestReceipts:
    def test_are_written_down(self) -> None:
        first, second = publish(ThingDone(thing_id="1")), publish(ThingDone(thing_id="2"))

        answer = post(receipt(first), receipt(second, acknowledged_at=ACKNOWLEDGED))

        assert (answer.status_code, answer.json()) == (200, {"unknown": []})
        assert list(
            Receipt.objects.order_by("message").values_list(
                "message", "system", "received_at", "acknowledged_at"
            )
        ) == [
            (first, "accounting", RECEIVED, None),
            (second, "accounting", RECEIVED, ACKNOWLEDGED),
        ]

    def test_that_come_again_change_nothing(self) -> None:
        event = publish(ThingDone(thing_id="1"))
        told = receipt(event, acknowledged_at=ACKNOWLEDGED)
        post(told)
        before = Receipt.objects.values().get()

        for again in (told, receipt(event)):
            assert post(again).status_code == 200

        assert Receipt.objects.values().get() == before

    def test_acknowledge_later_what_was_received_before(self) -> None:
        event = publish(ThingDone(thing_id="1"))
        post(receipt(event))

        post(receipt(event, acknowledged_at=ACKNOWLEDGED))

        assert Receipt.objects.get().acknowledged_at == ACKNOWLEDGED

    @pytest.mark.parametrize("turned", [False, True])
    def test_of_one_event_twice_in_a_book_count_as_acknowledged(self, turned: bool) -> None:
        event = publish(ThingDone(thing_id="1"))
        both = [receipt(event), receipt(event, acknowledged_at=ACKNOWLEDGED)]

        post(*(reversed(both) if turned else both))

        assert Receipt.objects.get().acknowledged_at == ACKNOWLEDGED

    def test_of_events_that_nobody_announced_are_named(self) -> None:
        event, unknown = publish(ThingDone(thing_id="1")), new_id()

        answer = post(receipt(event), receipt(unknown))

        assert answer.json() == {"unknown": [str(unknown)]}
        assert Receipt.objects.get().message_id == event

    def test_are_taken_five_hundred_at_a_time(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        receipts = [
            receipt(publish(ThingDone(thing_id=str(number))), acknowledged_at=ACKNOWLEDGED)
            for number in range(500)
        ]

        # A savepoint and its end, which events there are, and two inserts.
        # Written, and then acknowledged, in seven statements each that pin no session of the proxy.
        with django_assert_num_queries(3 + 2 * 7):
            assert post(*receipts).status_code == 200
        assert Receipt.objects.count() == 500

        answer = post(*receipts, receipt(new_id()))
        assert_problem(answer, status=400, code="receipts_malformed")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"\xff",
            b'{"system": "\xff", "receipts": []}',
            b'{"system": "accounting"}',
            b'{"system": "accounting", "receipts": [{"event_id": "x"}]}',
            b'{"system": "accounting", "receipts": [{"event_id": '
            b'"01936c4e-0000-7000-8000-000000000000", "received_at": "2026-01-01T10:00:00"}]}',
        ],
    )
    def test_that_cannot_be_read_are_a_bad_request(self, body: bytes) -> None:
        assert_problem(post_body(body), status=400, code="receipts_malformed")


class TestAForgedReceipt:
    def refuse(self, **proof: Any) -> None:
        event = publish(ThingDone(thing_id="1"))

        answer = post(receipt(event), **proof)

        assert_problem(answer, status=401, code="signature_invalid")
        assert not Receipt.objects.exists()

    def test_with_a_foreign_secret_is_refused(self) -> None:
        self.refuse(secret="not ours")

    def test_with_another_systems_secret_is_refused(self) -> None:
        self.refuse(secret=settings.DOWNSTREAM_SECRETS["crm"])

    @pytest.mark.parametrize("secret", ["", "anything"])
    def test_of_a_system_that_is_not_there_is_refused(self, secret: str) -> None:
        self.refuse(system="nobody", secret=secret)

    def test_that_is_old_is_refused(self) -> None:
        self.refuse(at=timezone.now() - timedelta(minutes=6))
