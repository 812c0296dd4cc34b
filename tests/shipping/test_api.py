"""Fulfilment's way in over HTTP."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.core.rules import sign
from apps.orders.services import cancel_order
from apps.shipping.models import FulfilmentCallback
from tests.factories.shipping import make_callback, make_shipments
from tests.factories.shop import stock_variant
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quiet_queues(queues) -> None:
    """Wake-ups go to the stage's queues, and nobody listens."""


def post(body: bytes, *, secret: str | None = None):
    secret = secret or settings.DOWNSTREAM_SECRETS["fulfilment"]
    signature = sign(body=body, secret=secret, now=int(timezone.now().timestamp()))
    return APIClient().post(
        reverse("api:fulfilment-callbacks"),
        data=body,
        content_type="application/json",
        headers={"Shop-Signature": signature},
    )


class TestFulfilmentCallbacks:
    def test_are_answered_with_what_became_of_them(self) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})
        body = make_callback(shipment.pk, "shipped")

        answers = [post(body), post(body), post(make_callback(shipment.pk, "picked"))]

        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert [answer.json() for answer in answers] == [
            {"outcome": "applied"},
            {"outcome": "applied"},
            {"outcome": "ignored"},
        ]

    def test_with_a_foreign_signature_are_refused(self) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})

        answer = post(make_callback(shipment.pk, "delivered"), secret="not ours")

        assert_problem(answer, status=401, code="signature_invalid")
        assert not FulfilmentCallback.objects.exists()

    def test_of_goods_that_left_after_a_cancellation_are_kept_and_refused(self) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})
        cancel_order(order_id=shipment.order_id, reason="customer")
        body = make_callback(shipment.pk, "shipped")

        for _ in range(2):
            assert_problem(post(body), status=409, code="shipment_withdrawn")

        assert FulfilmentCallback.objects.get().verdict == "conflict"

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"\xff", b'{"id": 1}', b'{"status": "\xff"}']
    )
    def test_that_cannot_be_read_are_a_bad_request(self, body: bytes) -> None:
        assert_problem(post(body), status=400, code="callback_malformed")

    def test_with_a_foreign_field_that_is_no_utf_8_are_taken(self) -> None:
        (shipment,) = make_shipments(lines={stock_variant().sku: 1})
        body = make_callback(shipment.pk, "shipped").replace(b"{", b'{"note": "\xff", ', 1)

        assert post(body).status_code == 200
