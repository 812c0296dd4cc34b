"""Staff decide in the back office: by services, with a look at the amounts, and with their name on it."""

import io

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from apps.payments.gateways.fake import FakeGateway
from apps.refunds.models import Refund, RefundRequest
from apps.refunds.services import add_pictures, check_pictures, grant_refund, pay_back
from tests.factories.accounts import UserFactory
from tests.factories.refunds import ask_back, bought
from tests.refunds.test_paying import refuse

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.user = UserFactory.create(is_staff=True, is_superuser=True)
    client.force_login(client.user)
    return client


def page(name: str, *arguments: object) -> str:
    return reverse(f"admin:refunds_{name}", args=arguments)


def decision(request: RefundRequest, **fields: object) -> dict[str, object]:
    key = request.lines.get().order_line_id
    return {
        f"units_{key}": 1,
        f"restock_{key}": "on",
        "shipping": "0",
        "goodwill": "0",
        "reason": "changed her mind",
        "reference": str(request.pk),
        **fields,
    }


class TestDecide:
    def test_shows_what_would_go_back_and_changes_nothing(self, staff: Client) -> None:
        request = ask_back(bought())
        address = page("refundrequest_decide", request.pk)

        assert staff.get(address).status_code == 200
        shown = staff.post(
            address, decision(request, shipping="3.95", goodwill="1.50", preview="1")
        )

        assert "£9.65" in shown.content.decode()
        assert not Refund.objects.exists()

    def test_approves_a_part(self, staff: Client) -> None:
        request = ask_back(bought())

        answer = staff.post(
            page("refundrequest_decide", request.pk), decision(request, approve="1")
        )

        assert answer.status_code == 302
        refund = Refund.objects.get()
        assert (refund.amount_minor, refund.granted_by) == (420, staff.user.pk)
        assert refund.lines.get().is_restocked

    @pytest.mark.parametrize(
        "fields", [{"goodwill": "100"}, {"shipping": "4"}, {"goodwill": "-1"}, {"reason": ""}]
    )
    def test_says_what_cannot_be(self, staff: Client, fields: dict[str, str]) -> None:
        request = ask_back(bought())

        answer = staff.post(
            page("refundrequest_decide", request.pk), decision(request, approve="1", **fields)
        )

        assert answer.status_code == 200
        assert not Refund.objects.exists()

    def test_twice_says_so(self, staff: Client) -> None:
        request = ask_back(bought())
        address = page("refundrequest_decide", request.pk)
        for _ in range(2):
            answer = staff.post(address, decision(request, approve="1"))

        assert "decided already" in answer.content.decode()
        assert Refund.objects.count() == 1


class TestRefuse:
    def test_keeps_the_reason(self, staff: Client) -> None:
        request = ask_back(bought())
        address = page("refundrequest_refuse", request.pk)

        assert staff.get(address).status_code == 200
        staff.post(address, {"words": "It was worn."})

        request.refresh_from_db()
        assert (request.state, request.refusal_reason) == ("refused", "It was worn.")
        assert request.decided_by == staff.user.pk


class TestGrant:
    def test_asks_for_the_order_first(self, staff: Client) -> None:
        order = bought().order

        assert staff.get(page("refund_grant")).status_code == 200
        assert (
            "no order NONE" in staff.get(page("refund_grant"), {"number": "none"}).content.decode()
        )
        form = staff.get(page("refund_grant"), {"number": order.number.lower()})

        assert "£16.55" in form.content.decode()

    def test_gives_money_back_once_however_often_it_is_sent(self, staff: Client) -> None:
        line = bought()
        body = {
            f"units_{line.pk}": 0,
            "shipping": "0",
            "goodwill": "2.00",
            "reason": "late",
            "reference": "staff:1",
            "approve": "1",
        }

        for _ in range(2):
            staff.post(f"{page('refund_grant')}?number={line.order.number}", body)

        assert Refund.objects.get().amount_minor == 200


class TestAFailedRefund:
    @pytest.fixture
    def failed(self, monkeypatch: pytest.MonkeyPatch) -> Refund:
        refund = grant_refund(
            order_id=bought().order_id, reference="G", actor_id=7, reason="x", goodwill_minor=5
        )
        monkeypatch.setattr(FakeGateway, "refund", refuse)
        pay_back(refund_id=refund.pk)
        refund.refresh_from_db()
        assert refund.state == "failed"
        return refund

    def test_is_tried_again_by_a_post_alone(self, staff: Client, failed: Refund) -> None:
        address = page("refund_retry", failed.pk)

        assert staff.get(address).status_code == 200
        failed.refresh_from_db()
        assert failed.state == "failed"
        staff.post(address)

        failed.refresh_from_db()
        assert (failed.state, failed.attempt) == ("approved", 2)

    def test_is_paid_by_other_means(self, staff: Client, failed: Refund) -> None:
        address = page("refund_settle_otherwise", failed.pk)

        staff.post(address, {"words": "bank transfer 4711"})

        failed.refresh_from_db()
        assert (failed.state, failed.paid_note) == ("paid", "bank transfer 4711")


class TestThePictures:
    def test_are_shown_to_staff_alone(self, staff: Client) -> None:
        drawn = io.BytesIO()
        Image.new("RGB", (30, 20), "red").save(drawn, format="PNG")
        request = ask_back(bought())
        add_pictures(request_id=request.pk, pictures=check_pictures([drawn.getvalue()]))
        address = page("picture", request.pk, 0)

        shown = staff.get(address)

        assert shown["Content-Type"] == "image/webp"
        assert Image.open(io.BytesIO(shown.content)).size == (30, 20)
        assert address in staff.get(page("refundrequest_change", request.pk)).content.decode()
        assert staff.get(page("picture", request.pk, 1)).status_code == 404
        assert Client().get(address).status_code == 302


class TestWhoMayNot:
    def test_decides_nothing(self) -> None:
        clerk = Client()
        clerk.force_login(UserFactory.create(is_staff=True))
        request = ask_back(bought())

        for name in ("refundrequest_decide", "refundrequest_refuse"):
            answer = clerk.post(page(name, request.pk), decision(request, approve="1", words="no"))
            assert answer.status_code in {302, 403}

        request.refresh_from_db()
        assert request.state == "requested"
