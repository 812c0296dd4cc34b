"""Staff decide in the back office: by services, with a look at the amounts, and with their name on it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from apps.orders.models import Order
from apps.orders.services import cancel_order
from apps.payments.models import Payment
from apps.payments.providers.fake import FakeProvider
from apps.refunds.models import Refund, RefundRequest
from apps.refunds.services import (
    add_pictures,
    check_pictures,
    grant_refund,
    pay_back,
    refund_cancelled_order,
)
from tests.factories.accounts import UserFactory
from tests.factories.orders import make_order
from tests.factories.refunds import ask_back, bought
from tests.factories.shop import stock_variant
from tests.refunds.test_payouts import refuse

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
        "shipping": "0",
        "goodwill": "0",
        "reason": "changed her mind",
        "reference": str(request.pk),
        **fields,
    }


def approve(staff: Client, address: str, body: dict[str, object]) -> Any:
    """Look at the amounts, then press the button beside them."""
    seen = staff.post(address, {**body, "preview": "1"}).context["seen"]
    return staff.post(address, {**body, "seen": seen, "approve": "1"})


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

        answer = approve(staff, page("refundrequest_decide", request.pk), decision(request))

        assert answer.status_code == 302
        refund = Refund.objects.get()
        assert (refund.amount_minor, refund.granted_by) == (420, staff.user.pk)
        assert not refund.lines.get().is_restocked

    def test_puts_on_the_shelf_only_what_staff_say_is_back(self, staff: Client) -> None:
        request = ask_back(bought())
        address = page("refundrequest_decide", request.pk)
        restock = f"restock_{request.lines.get().order_line_id}"

        form = staff.get(address)
        assert not form.context["form"][restock].value()
        assert "Has come back and can be sold again" in form.content.decode()
        approve(staff, address, decision(request, **{restock: "on"}))

        assert Refund.objects.get().lines.get().is_restocked

    def test_offers_the_button_beside_a_preview_alone(self, staff: Client) -> None:
        request = ask_back(bought())
        address = page("refundrequest_decide", request.pk)

        assert 'name="approve"' not in staff.get(address).content.decode()
        shown = staff.post(address, decision(request, preview="1")).content.decode()
        assert 'name="approve"' in shown
        too_much = staff.post(address, decision(request, goodwill="100", preview="1"))
        assert 'name="approve"' not in too_much.content.decode()

    def test_gives_nothing_back_for_other_figures_than_were_seen(self, staff: Client) -> None:
        request = ask_back(bought())
        address = page("refundrequest_decide", request.pk)
        seen = staff.post(address, decision(request, preview="1")).context["seen"]

        changed = decision(request, goodwill="5.00", seen=seen, approve="1")
        answer = staff.post(address, changed)

        assert not Refund.objects.exists()
        assert "look at these amounts first" in answer.content.decode()
        assert "£9.20" in answer.content.decode()
        again = staff.post(address, {**changed, "seen": answer.context["seen"]})
        assert again.status_code == 302
        assert Refund.objects.get().amount_minor == 920

    def test_shows_how_the_amount_adds_up(self, staff: Client) -> None:
        request = ask_back(bought())
        address = page("refundrequest_decide", request.pk)
        approve(staff, address, decision(request, goodwill="5.00"))

        text = staff.get(page("refund_change", Refund.objects.get().pk)).content.decode()

        parts = ("goods: £4.20", "shipping: £0.00", "Goodwill: £5.00")
        assert "".join(f"<div>{one}</div>" for one in parts) in text

    @pytest.mark.parametrize(
        "fields", [{"goodwill": "100"}, {"shipping": "4"}, {"goodwill": "-1"}, {"reason": ""}]
    )
    def test_says_what_cannot_be(self, staff: Client, fields: dict[str, str]) -> None:
        request = ask_back(bought())

        address = page("refundrequest_decide", request.pk)
        seen = staff.post(address, decision(request, preview="1")).context["seen"]

        answer = staff.post(address, decision(request, approve="1", seen=seen, **fields))

        assert answer.status_code == 200
        assert not Refund.objects.exists()

    def test_twice_says_so(self, staff: Client) -> None:
        request = ask_back(bought())
        address = page("refundrequest_decide", request.pk)
        seen = staff.post(address, decision(request, preview="1")).context["seen"]
        for _ in range(2):
            answer = staff.post(address, decision(request, approve="1", seen=seen), follow=True)

        assert "decided already" in answer.content.decode()
        assert Refund.objects.count() == 1

    def test_is_offered_while_it_is_undecided(self, staff: Client) -> None:
        request = ask_back(bought())
        change = page("refundrequest_change", request.pk)
        buttons = [page(f"refundrequest_{name}", request.pk) for name in ("decide", "refuse")]

        shown = staff.get(change).content.decode()
        assert all(address in shown for address in buttons)
        staff.post(buttons[1], {"words": "It was worn."})

        shown = staff.get(change).content.decode()
        assert not any(address in shown for address in buttons)
        assert str(staff.user) in shown
        for address in buttons:
            late = staff.get(address, follow=True)
            assert "decided already" in late.content.decode()


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
        address = f"{page('refund_grant')}?number={line.order.number}"
        body = {
            f"units_{line.pk}": 1,
            "shipping": "0",
            "goodwill": "2.00",
            "reason": "late",
            "reference": "staff:1",
        }
        seen = staff.post(address, {**body, "preview": "1"}).context["seen"]

        for _ in range(2):
            answer = staff.post(address, {**body, "seen": seen, "approve": "1"})

        refund = Refund.objects.get()
        assert refund.amount_minor == 620
        assert answer["Location"] == page("refund_change", refund.pk)

    def test_of_an_order_that_was_never_paid_says_so(self, staff: Client) -> None:
        sku = stock_variant(on_hand=1).sku
        rejected = make_order(lines={sku: 2})
        declined = make_order(lines={stock_variant().sku: 1}, token="tok_decline")
        assert not Payment.objects.filter(reference=rejected).exists()

        for order in Order.objects.filter(pk__in=[rejected, declined]):
            answer = staff.get(page("refund_grant"), {"number": order.number})

            assert answer.status_code == 200
            assert "there is nothing to give back" in answer.content.decode()


class TestAFailedRefund:
    @pytest.fixture
    def failed(self, monkeypatch: pytest.MonkeyPatch) -> Refund:
        refund = grant_refund(
            order_id=bought().order_id, reference="G", actor_id=7, reason="x", goodwill_minor=5
        )
        monkeypatch.setattr(FakeProvider, "refund", refuse)
        pay_back(refund_id=refund.pk)
        refund.refresh_from_db()
        assert refund.state == "failed"
        return refund

    def test_is_tried_again_by_a_post_alone(self, staff: Client, failed: Refund) -> None:
        address = page("refund_retry", failed.pk)

        shown = staff.get(address).content.decode()
        assert failed.order
        assert failed.failure
        for text in (failed.order.number, "£0.05", failed.failure):
            assert text in shown
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

    def test_alone_is_offered_what_helps_it(self, staff: Client, failed: Refund) -> None:
        buttons = [page(f"refund_{name}", failed.pk) for name in ("retry", "settle_otherwise")]
        change = page("refund_change", failed.pk)

        shown = staff.get(change).content.decode()
        assert all(address in shown for address in buttons)
        staff.post(buttons[1], {"words": "bank transfer 4711"})

        shown = staff.get(change).content.decode()
        assert not any(address in shown for address in buttons)
        late = staff.post(buttons[0], follow=True)
        assert "Only a refund that failed" in late.content.decode()


class TestTheLedger:
    def test_tells_reasons_and_names_in_words(self, staff: Client) -> None:
        line = bought()
        cancel_order(order_id=line.order_id, reason="payment_expired")
        refund_cancelled_order(order_id=line.order_id)
        Refund.objects.update(granted_by=staff.user.pk)

        listed = staff.get(page("refund_changelist")).content.decode()
        shown = staff.get(page("refund_change", Refund.objects.get().pk)).content.decode()

        for text in (listed, shown):
            assert "not paid in time" in text
            assert "payment_expired" not in text
            assert "£16.55" in text
        assert str(staff.user) in shown

    def test_is_found_by_number_and_e_mail_and_by_day(self, staff: Client) -> None:
        line = bought()
        refund = grant_refund(
            order_id=line.order_id, reference="G", actor_id=7, reason="x", goodwill_minor=5
        )
        address = page("refund_changelist")

        for words in (line.order.number, line.order.email, "G"):
            found = staff.get(address, {"q": words}).context["cl"].result_list
            assert [one.pk for one in found] == [refund.pk]
        yesterday = timezone.now() - timedelta(days=1)
        for query, count in (
            ({"created_at__gte": yesterday}, 1),
            ({"created_at__lt": yesterday}, 0),
        ):
            assert staff.get(address, query).context["cl"].result_count == count


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
