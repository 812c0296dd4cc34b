"""Sending something back: over the pages and the API, by whoever holds the key, and by nobody else."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from PIL import Image
from rest_framework.test import APIClient

from apps.checkout.selectors import status_key_of
from apps.invoicing.models import Document
from apps.orders.models import OrderLine
from apps.orders.services import cancel_order
from apps.refunds import gateways
from apps.refunds.models import Refund, RefundPicture, RefundRequest
from apps.refunds.services import (
    approve_request,
    grant_refund,
    refuse_request,
    settle_otherwise,
)
from apps.refunds.types import ApprovedLine
from apps.storefront import selectors
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.orders import make_order
from tests.factories.refunds import ask_back, bought, send
from tests.factories.shop import open_market, stock_variant
from tests.pages import Shopper, squeezed
from tests.relays import relay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _market() -> None:
    open_market()


@pytest.fixture
def shopper() -> Client:
    return Shopper()


def reached(**fields: object) -> OrderLine:
    """A paid line whose units have all left the house."""
    line = bought(**fields)
    send(line)
    line.refresh_from_db()
    return line


def photo(*, name: str = "broken.png", side: int = 20) -> SimpleUploadedFile:
    drawn = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(drawn, format="PNG")
    return SimpleUploadedFile(name, drawn.getvalue(), content_type="image/png")


def page_of(line: OrderLine, page: str = "return/") -> str:
    return f"/orders/{line.order_id}/{status_key_of(line.order_id)}/{page}"


def form(line: OrderLine, **fields: object) -> dict[str, object]:
    return {
        f"units_{line.pk}": 2,
        f"reason_{line.pk}": "damaged",
        "text": "The handle came off.",
        **fields,
    }


class TestTheStatusPage:
    def test_offers_to_send_something_back_and_the_invoice(self, shopper: Client) -> None:
        line = reached()
        relay()
        label = Document.objects.get().label

        page = shopper.get(page_of(line, "")).content.decode()

        assert page_of(line) in page
        assert f"Invoice {label}" in page

    def test_tells_what_was_asked_granted_and_refused(self, shopper: Client) -> None:
        line = reached()
        refuse_request(request_id=ask_back(line).pk, actor_id=7, reason="It was worn.")
        approve_request(
            request_id=ask_back(line).pk,
            actor_id=7,
            lines=[ApprovedLine(order_line_id=line.pk, quantity=1)],
        )
        ask_back(line, quantity=1)

        page = shopper.get(page_of(line, "")).content.decode()

        assert "It was worn." in page
        assert "£4.20" in page
        assert page.count("Your request to send something back") == 2

    def test_offers_to_send_back_only_what_has_been_sent(self, shopper: Client) -> None:
        line = bought()
        before = shopper.get(page_of(line, "")).content.decode()
        form_before = shopper.get(page_of(line)).content.decode()
        OrderLine.objects.update(shipped_quantity=1)

        after = shopper.get(page_of(line, "")).content.decode()

        assert page_of(line) not in before
        assert "once it is with you, you can ask for that here" in before
        assert "can be sent back yet" in form_before
        assert page_of(line) in after
        assert "once it is with you" not in after
        assert "1 of 3 can go back" in shopper.get(page_of(line)).content.decode()

    def test_says_where_to_send_what_is_not_back_yet(self, shopper: Client) -> None:
        lines = [reached(), reached()]
        for line, restock in zip(lines, (False, True), strict=True):
            approve_request(
                request_id=ask_back(line).pk,
                actor_id=7,
                lines=[ApprovedLine(order_line_id=line.pk, quantity=2, restock=restock)],
            )

        pages = [shopper.get(page_of(line, "")).content.decode() for line in lines]
        awaited, back = map(squeezed, pages)

        assert "<address>Alder &amp; Brine Ltd<br>14 Quay Street<br>" in awaited
        assert f"Please write order {lines[0].order.number} on the parcel." in awaited
        assert "Quay Street" not in back

    def test_says_how_the_money_went_if_it_went_otherwise(self, shopper: Client) -> None:
        line = reached()
        refund = grant_refund(
            order_id=line.order_id, reference="G1", actor_id=7, reason="x", goodwill_minor=100
        )
        Refund.objects.update(state="failed")
        settle_otherwise(refund_id=refund.pk, actor_id=7, note="by cheque")

        page = shopper.get(page_of(line, "")).content.decode()

        assert "It went another way than you paid: by cheque" in page

    def test_asked_by_a_script_tells_of_requests_refunds_and_documents(
        self, shopper: Client
    ) -> None:
        line = reached()
        script, address = {"HX-Request": "true"}, page_of(line, "")

        def has_news() -> bool:
            """Whether there is something new since the last time this was asked."""
            answer = shopper.get(f"{address}?seen={seen[-1]}", headers=script)
            if answer.status_code == 200:
                seen.append(re.findall(r"\?seen=([^\"&]+)", answer.content.decode())[0])
            return answer.status_code == 200

        seen = ["nothing"]
        told = [has_news(), has_news()]
        request = ask_back(line)
        told += [has_news(), has_news()]
        refuse_request(request_id=request.pk, actor_id=7, reason="It was worn.")
        told += [has_news(), has_news()]
        relay()
        told += [has_news(), has_news()]

        assert told == [True, False] * 4

    def test_bears_an_outage_between_two_questions(
        self, shopper: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        line = reached()

        def fail(_: object) -> None:
            raise OperationalError

        monkeypatch.setattr(selectors, "list_requests", fail)

        answer = shopper.get(page_of(line, ""))

        assert answer.status_code == 200
        assert "Thank you. It is paid." in answer.content.decode()

    def test_of_an_order_that_was_not_paid_offers_nothing(self, shopper: Client) -> None:
        order_id = make_order(lines={stock_variant().sku: 1}, token="tok_3ds")
        line = OrderLine.objects.get(order=order_id)

        assert page_of(line) not in shopper.get(page_of(line, "")).content.decode()


class TestSendBack:
    def test_takes_the_request_with_pictures(self, shopper: Client) -> None:
        line = reached()
        assert line.title in shopper.get(page_of(line)).content.decode()

        answer = shopper.post(page_of(line), form(line, pictures=[photo(), photo()]))

        assert (answer.status_code, answer["Location"]) == (302, shopper.at(page_of(line, "")))
        request = RefundRequest.objects.get()
        assert (request.reason, request.text) == ("damaged", "The handle came off.")
        assert request.lines.get().quantity == 2
        assert RefundPicture.objects.count() == 2

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"units": 0, "reason": ""}, "Please say what shall go back."),
            ({"units": 0}, "How many?"),
            ({"units": ""}, "How many?"),
            ({"units": 9}, "less than or equal to 3"),
            ({"units": "x"}, "whole number"),
            ({"reason": ""}, "Please say why."),
            ({"reason": "boredom"}, "Select a valid choice"),
            ({"text": "x" * 2001}, "at most 2000"),
        ],
    )
    def test_says_what_is_wrong_beside_the_field(
        self, shopper: Client, fields: dict[str, object], words: str
    ) -> None:
        line = reached(quantity=3)
        named = {f"{key}_{line.pk}" if key != "text" else key: one for key, one in fields.items()}

        answer = shopper.post(page_of(line), form(line, **named))

        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not RefundRequest.objects.exists()

    def test_names_everything_for_who_does_not_see_it(self, shopper: Client) -> None:
        line = reached()
        page = shopper.post(page_of(line), form(line, **{f"reason_{line.pk}": ""}))

        text = page.content.decode()

        assert f'aria-label="One more of {line.title}"' in text
        assert f'aria-label="One less of {line.title}"' in text
        assert f">Why: {line.title}</a>: Please say why." in text
        pictures = re.search(r'<input type="file"[^>]*>', text)
        assert pictures
        assert 'aria-describedby="id_pictures_helptext"' in pictures[0]
        assert 'id="id_pictures_helptext"' in text

    def test_that_loses_its_pictures_stands_and_says_so(
        self, shopper: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        line = reached()

        def fail(*_: object) -> None:
            raise OSError("no such bucket")

        monkeypatch.setattr(gateways, "keep_picture", fail)

        answer = shopper.post(page_of(line), form(line, pictures=[photo()]))

        assert (answer.status_code, RefundRequest.objects.count()) == (302, 1)
        page = shopper.get(answer["Location"]).content.decode()
        assert "its pictures did not arrive" in page
        assert "Your request to send something back" in page
        assert "did not arrive" not in shopper.get(page_of(line, "")).content.decode()

    def test_refuses_what_is_no_picture_and_asks_nothing(self, shopper: Client) -> None:
        line = reached()
        script = SimpleUploadedFile("a.png", b"<script>alert(1)</script>")

        answer = shopper.post(page_of(line), form(line, pictures=[script]))

        assert answer.status_code == 422
        assert "not a JPEG" in answer.content.decode()
        assert not RefundRequest.objects.exists()

    def test_refuses_more_than_one_request_may_carry(self, shopper: Client, settings) -> None:
        settings.UPLOAD_LIMIT_BYTES = 50
        line = reached()

        answer = shopper.post(page_of(line), form(line, pictures=[photo()]))

        assert answer.status_code == 422
        assert not RefundRequest.objects.exists()

    def test_shows_nothing_to_send_back_of_a_stopped_order(self, shopper: Client) -> None:
        line = bought()
        cancel_order(order_id=line.order_id, reason="customer")

        page = shopper.get(page_of(line)).content.decode()

        assert "can be sent back any more" in page
        assert shopper.post(page_of(line), form(line)).status_code == 422

    def test_needs_the_orders_own_key(self, shopper: Client) -> None:
        mine, theirs = reached(), reached()
        address = f"/orders/{theirs.order_id}/{status_key_of(mine.order_id)}/return/"

        assert shopper.get(address).status_code == 404
        assert shopper.post(address, form(theirs)).status_code == 404
        assert not RefundRequest.objects.exists()


class TestDocument:
    def test_is_handed_to_who_holds_the_key(self, shopper: Client) -> None:
        line = reached()
        relay()

        answer = shopper.get(page_of(line, f"documents/{Document.objects.get().pk}/"))

        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert "no-store" in answer["Cache-Control"]

    def test_of_another_order_is_not_there(self, shopper: Client) -> None:
        mine, theirs = reached(), reached()
        relay()
        document = Document.objects.get(order=theirs.order_id)

        assert shopper.get(page_of(mine, f"documents/{document.pk}/")).status_code == 404
        wrong = f"/orders/{theirs.order_id}/{status_key_of(mine.order_id)}/documents/{document.pk}/"
        assert shopper.get(wrong).status_code == 404


def api_of(line: OrderLine, *, key: bool = True) -> str:
    address = f"/api/v1/orders/{line.order_id}/refund-requests/"
    return f"{address}?key={status_key_of(line.order_id)}" if key else address


def body(line: OrderLine, **fields: object) -> dict[str, object]:
    asked = {"sku": line.sku, "quantity": 2, "reason": "damaged", **fields}
    return {"lines": [asked], "text": "The handle came off."}


class TestTheApi:
    def test_takes_a_request_and_lists_it(self) -> None:
        line, api = reached(), APIClient()

        made = api.post(api_of(line), body(line))

        assert made.status_code == 201, made.json()
        assert made.json()["lines"] == [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": 2,
                "reason": "damaged",
                "approved_quantity": None,
            }
        ]
        listed = api.get(api_of(line)).json()
        assert [one["id"] for one in listed["requests"]] == [made.json()["id"]]
        assert listed["refunds"] == []

    def test_lists_what_was_granted(self) -> None:
        line, api = reached(), APIClient()
        request = ask_back(line)
        approve_request(
            request_id=request.pk,
            actor_id=7,
            lines=[ApprovedLine(order_line_id=line.pk, quantity=2)],
        )

        (refund,) = api.get(api_of(line)).json()["refunds"]

        assert refund["amount"] == {"amount": "8.40", "currency": "GBP"}
        assert (refund["state"], refund["request"]) == ("approved", str(request.pk))

    @pytest.mark.parametrize(
        ("fields", "status", "code"),
        [
            ({"quantity": 0}, 400, "invalid_input"),
            ({"quantity": 4}, 409, "nothing_left_to_return"),
            ({"sku": "NOPE"}, 409, "nothing_left_to_return"),
            ({"reason": "boredom"}, 400, "invalid_input"),
        ],
    )
    def test_refuses_with_a_stable_code(
        self, fields: dict[str, object], status: int, code: str
    ) -> None:
        line = reached(quantity=3)

        answer = APIClient().post(api_of(line), body(line, **fields))

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert not RefundRequest.objects.exists()

    def test_is_open_to_the_orders_customer_and_to_no_other(self) -> None:
        owner, other = UserFactory.create(), UserFactory.create()
        line = reached(customer_id=owner.pk)

        for who, status in ((owner, 201), (other, 404), (None, 404)):
            api = APIClient()
            if who:
                tokens = api.post("/api/v1/tokens/", {"email": who.email, "password": PASSWORD})
                api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.json()['access']}")
            assert api.post(api_of(line, key=False), body(line, quantity=1)).status_code == status
            assert api.get(api_of(line, key=False)).status_code == (200 if status == 201 else 404)

        assert RefundRequest.objects.get().actor_id == owner.pk

    def test_of_a_guests_order_is_closed_without_its_key(self) -> None:
        line = reached()

        for key in ("", "?key=", f"?key={status_key_of(reached().order_id)}"):
            answer = APIClient().post(f"{api_of(line, key=False)}{key}", body(line))
            assert answer.status_code == 404

    def test_takes_pictures_for_its_own_requests_alone(self) -> None:
        mine, theirs = reached(), reached()
        ours, foreign = ask_back(mine), ask_back(theirs)
        api, key = APIClient(), f"?key={status_key_of(mine.order_id)}"

        for request, status in ((ours, 204), (foreign, 404)):
            address = f"{api_of(mine, key=False)}{request.pk}/pictures/{key}"
            answer = api.post(address, {"pictures": [photo()]}, format="multipart")
            assert answer.status_code == status

        assert RefundPicture.objects.get().request == ours

    def test_says_how_much_it_takes_at_once(self, settings) -> None:
        settings.UPLOAD_LIMIT_BYTES = 50
        line = reached()
        address = f"{api_of(line, key=False)}{ask_back(line).pk}/pictures/"

        answer = APIClient().post(
            f"{address}?key={status_key_of(line.order_id)}",
            {"pictures": [photo()]},
            format="multipart",
        )

        assert (answer.status_code, answer.json()["code"]) == (413, "picture_too_large")
        assert not RefundPicture.objects.exists()
