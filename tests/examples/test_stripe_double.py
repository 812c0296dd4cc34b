"""The stand-in keeps the promises of Stripe's API that the shop relies on, asked with Stripe's own SDK."""

import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from dev.ports import find_free
from examples.stripe_double import forms
from examples.stripe_double.webhooks import Manners, Messenger
from tests.bank import SECRET_KEY, Bank, bank_thread


@pytest.fixture(scope="module")
def running() -> Iterator[Bank]:
    with bank_thread() as bank:
        yield bank


@pytest.fixture
def bank(running: Bank) -> Bank:
    running.lever("reset")
    running.lever("webhooks")
    return running


@pytest.fixture
def client(bank: Bank) -> stripe.StripeClient:
    return stripe.StripeClient(
        SECRET_KEY,
        base_addresses={"api": bank.url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=1),
    )


def page_params(**changes: Any) -> Any:
    return {
        "mode": "payment",
        "client_reference_id": "p",
        "metadata": {"payment_id": "p"},
        "line_items": [
            {
                "price_data": {
                    "currency": "gbp",
                    "unit_amount": 1000,
                    "product_data": {"name": "Soap"},
                },
                "quantity": 1,
            }
        ],
        "payment_intent_data": {"capture_method": "manual", "metadata": {"payment_id": "p"}},
        "success_url": "http://127.0.0.1/back",
        "cancel_url": "http://127.0.0.1/cancelled",
        **changes,
    }


def held(bank: Bank, client: stripe.StripeClient) -> str:
    """A payment intent whose money is held."""
    session = client.v1.checkout.sessions.create(params=page_params())
    bank.lever("pay", session=session.id)
    found = client.v1.checkout.sessions.retrieve(session.id)
    return str(found.payment_intent)


def visit(address: str, **answer: str) -> tuple[str, str]:
    """Where a person is after a visit, or after pressing a button; and the page there."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    data = urlencode(answer).encode() if answer else None
    try:
        with urllib.request.build_opener(Stay).open(address, data=data, timeout=5) as page:
            return page.url, page.read().decode()
    except urllib.error.HTTPError as redirect:
        return redirect.headers.get("Location", ""), ""


class TestIdempotency:
    def test_gives_the_same_key_the_same_answer(self, client: stripe.StripeClient) -> None:
        options: Any = {"idempotency_key": "one"}
        first, second = (
            client.v1.checkout.sessions.create(params=page_params(), options=options)
            for _ in range(2)
        )

        assert first.id == second.id
        assert second.last_response.headers["Idempotent-Replayed"] == "true"

    def test_refuses_the_key_with_another_body_or_endpoint(
        self, bank: Bank, client: stripe.StripeClient
    ) -> None:
        options: Any = {"idempotency_key": "one"}
        client.v1.checkout.sessions.create(params=page_params(), options=options)

        for params in (page_params(mode="setup"), page_params(client_reference_id="q")):
            with pytest.raises(stripe.IdempotencyError) as refusal:
                client.v1.checkout.sessions.create(params=params, options=options)
            assert refusal.value.http_status == 400
        intent = held(bank, client)
        with pytest.raises(stripe.IdempotencyError):
            client.v1.payment_intents.capture(intent, options=options)

    def test_answers_409_while_the_key_is_in_flight(
        self, bank: Bank, client: stripe.StripeClient
    ) -> None:
        bank.misbehave("sessions.create", "slow", seconds=0.5)
        options: Any = {"idempotency_key": "one"}

        def create(wait: float) -> object:
            time.sleep(wait)
            try:
                return client.v1.checkout.sessions.create(params=page_params(), options=options).id
            except stripe.APIError as error:
                return error.http_status

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(create, (0, 0.2))

        assert (str(first)[:3], second) == ("cs_", 409)

    def test_keeps_its_own_errors_but_not_those_of_validation(
        self, bank: Bank, client: stripe.StripeClient
    ) -> None:
        bank.misbehave("sessions.create", "error")
        spoilt, fresh = ({"idempotency_key": key} for key in ("spoilt", "fresh"))
        for _ in range(2):
            with pytest.raises(stripe.APIError) as failure:
                client.v1.checkout.sessions.create(params=page_params(), options=spoilt)
            assert failure.value.http_status == 500
        assert failure.value.headers["Idempotent-Replayed"] == "true"

        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.create(params=page_params(colour="red"), options=fresh)
        assert client.v1.checkout.sessions.create(params=page_params(), options=fresh).id


class TestMoney:
    def test_is_held_then_captured_once(self, bank: Bank, client: stripe.StripeClient) -> None:
        intent = held(bank, client)
        assert bank.held == [intent]

        taken = client.v1.payment_intents.capture(intent)

        assert (taken.status, taken.amount_received) == ("succeeded", 1000)
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.payment_intents.capture(intent)
        assert refusal.value.code == "payment_intent_unexpected_state"
        assert bank.captured == [1000]

    def test_is_never_captured_above_the_hold(
        self, bank: Bank, client: stripe.StripeClient
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.payment_intents.capture(
                held(bank, client), params={"amount_to_capture": 1001}
            )

        assert refusal.value.code == "amount_too_large"
        assert bank.captured == []

    def test_is_never_refunded_above_the_capture(
        self, bank: Bank, client: stripe.StripeClient
    ) -> None:
        intent = held(bank, client)
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.refunds.create(params={"payment_intent": intent})
        client.v1.payment_intents.capture(intent)
        client.v1.refunds.create(params={"payment_intent": intent, "amount": 400})

        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.refunds.create(params={"payment_intent": intent, "amount": 601})

        assert refusal.value.param == "amount"
        client.v1.refunds.create(params={"payment_intent": intent, "amount": 600})
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.refunds.create(params={"payment_intent": intent})
        assert refusal.value.code == "charge_already_refunded"
        assert bank.refunded == [600, 400]

    def test_is_let_go_by_a_cancellation(self, bank: Bank, client: stripe.StripeClient) -> None:
        intent = held(bank, client)

        assert client.v1.payment_intents.cancel(intent).status == "canceled"

        assert bank.held == []
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_intents.capture(intent)


class TestThePage:
    def test_leads_through_the_bank_back_to_the_shop(
        self, bank: Bank, client: stripe.StripeClient
    ) -> None:
        session = client.v1.checkout.sessions.create(params=page_params())
        assert session.url
        assert "10.00 GBP" in visit(session.url)[1]

        assert "declined" in visit(session.url, answer="decline")[1]
        assert "authentication" in visit(session.url, answer="challenge")[1]
        address, _ = visit(session.url, answer="pay")

        assert address == "http://127.0.0.1/back"
        assert len(bank.held) == 1
        assert "all done" in visit(session.url)[1]

    def test_leads_back_without_paying(self, bank: Bank, client: stripe.StripeClient) -> None:
        session = client.v1.checkout.sessions.create(params=page_params())
        assert session.url

        assert visit(session.url, answer="back")[0] == "http://127.0.0.1/cancelled"
        assert bank.held == []

    def test_can_be_expired_while_it_is_open(self, bank: Bank, client: stripe.StripeClient) -> None:
        sessions = client.v1.checkout.sessions
        session = sessions.create(params=page_params())

        assert sessions.expire(session.id).status == "expired"
        with pytest.raises(stripe.InvalidRequestError):
            sessions.expire(session.id)

    @pytest.mark.parametrize("seconds", [29 * 60, 25 * 60 * 60])
    def test_lasts_between_half_an_hour_and_a_day(
        self, client: stripe.StripeClient, seconds: int
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.checkout.sessions.create(
                params=page_params(expires_at=int(time.time()) + seconds)
            )

        assert refusal.value.param == "expires_at"


class TestTheApi:
    def test_wants_a_key(self, bank: Bank) -> None:
        stranger = stripe.StripeClient("pk_live_no", base_addresses={"api": bank.url})

        with pytest.raises(stripe.AuthenticationError):
            stranger.v1.payment_intents.list()

    def test_does_not_know_what_is_not_there(self, client: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.payment_intents.retrieve("pi_nothing")

        assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")

    def test_lists_by_page_newest_first(self, bank: Bank, client: stripe.StripeClient) -> None:
        intents = [held(bank, client) for _ in range(3)]

        first = client.v1.payment_intents.list(params={"limit": 2})
        rest = client.v1.payment_intents.list(params={"starting_after": intents[1]})

        assert [one.id for one in first.data] == [intents[2], intents[1]]
        assert (first.has_more, rest.has_more) == (True, False)
        assert [one.id for one in rest.data] == [intents[0]]

    def test_expands_what_is_asked_for(self, bank: Bank, client: stripe.StripeClient) -> None:
        intent = held(bank, client)
        session = bank.book["sessions"][0]["id"]

        found = client.v1.checkout.sessions.retrieve(
            session, params={"expand": ["payment_intent.latest_charge"]}
        ).to_dict()
        listed = client.v1.payment_intents.list(params={"expand": ["data.latest_charge"]})

        assert found["payment_intent"]["latest_charge"]["payment_intent"] == intent
        assert listed.to_dict()["data"][0]["latest_charge"]["captured"] is False

    @pytest.mark.parametrize("how", ["drop", "drop_after"])
    def test_can_hang_up(self, bank: Bank, client: stripe.StripeClient, how: str) -> None:
        bank.misbehave("sessions.create", how)

        with pytest.raises(stripe.APIConnectionError):
            client.v1.checkout.sessions.create(params=page_params())

        assert len(bank.book["sessions"]) == (how == "drop_after")

    def test_can_answer_too_late(self, bank: Bank, client: stripe.StripeClient) -> None:
        intent = held(bank, client)
        bank.misbehave("payment_intents.capture", "late", seconds=1.5)

        with pytest.raises(stripe.APIConnectionError):
            client.v1.payment_intents.capture(intent)

        assert bank.captured == [1000]


class TestForms:
    def test_nest(self) -> None:
        text = "a=1&metadata[k]=v&expand[]=x&expand[]=y&items[0][price][unit]=5&empty="

        assert forms.parse(text) == {
            "a": "1",
            "metadata": {"k": "v"},
            "expand": ["x", "y"],
            "items": [{"price": {"unit": "5"}}],
            "empty": "",
        }


def test_the_messenger_goes_on_when_nobody_listens_any_more() -> None:
    """What waits is taken for delivered: a thread that died would leave every later listener without news."""
    messenger = Messenger()
    messenger.manners = Manners(url=f"http://127.0.0.1:{find_free()}/", secret="whsec_of_a_test")
    assert not messenger._deliver({"id": "evt_1"})

    messenger.manners = Manners()

    assert messenger._deliver({"id": "evt_1"})
