"""An answer lost on the way is fetched by its key."""

from collections.abc import Callable

import pytest

from apps.core.types import Money
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.gateways.fake import FakeGateway
from apps.payments.services.asking import ask, fetch
from apps.payments.types import (
    CAPTURE_LATE,
    CAPTURE_REFUSED,
    REFUND_LATE,
    REFUND_REFUSED,
    VOID_LATE,
    GatewayAnswer,
    GatewayRequest,
    Outcome,
)

REQUEST = GatewayRequest(key="k", amount=Money(1, "GBP"), token="tok_success")
LOST = GatewayAnswer(outcome=Outcome.SUCCEEDED, reference="found again")


def time_out(_: GatewayRequest) -> GatewayAnswer:
    raise GatewayTimeout


class Bank(FakeGateway):
    """Knows what a test says it knows."""

    def __init__(self, fetched: Callable[[GatewayRequest], GatewayAnswer | None]) -> None:
        self.fetch = fetched  # type: ignore[method-assign]


class TestAsk:
    def test_gives_the_answer(self) -> None:
        answer = ask(FakeGateway(), FakeGateway().authorise, REQUEST)

        assert answer.outcome == Outcome.SUCCEEDED

    def test_fetches_an_answer_that_came_too_late(self) -> None:
        assert ask(Bank(lambda _: LOST), time_out, REQUEST) == LOST

    def test_gives_up_where_the_gateway_never_saw_the_key(self) -> None:
        with pytest.raises(GatewayUnavailable):
            ask(Bank(lambda _: None), time_out, REQUEST)

    def test_gives_up_where_nothing_answers(self) -> None:
        with pytest.raises(GatewayUnavailable):
            ask(Bank(time_out), time_out, REQUEST)


class TestFetch:
    def test_gives_what_the_gateway_knows(self) -> None:
        assert fetch(Bank(lambda _: LOST), REQUEST) == LOST
        assert fetch(Bank(lambda _: None), REQUEST) is None

    def test_gives_up_where_nothing_answers(self) -> None:
        with pytest.raises(GatewayUnavailable):
            fetch(Bank(time_out), REQUEST)


def of(kind: str, minor: int) -> GatewayRequest:
    return GatewayRequest(key=f"k:{kind}", kind=kind, amount=Money(minor, "GBP"), token="tok_3ds")


class TestTheFakeBank:
    def test_gives_the_same_key_the_same_reference(self) -> None:
        first, second = (FakeGateway().authorise(REQUEST) for _ in range(2))

        assert first == second
        assert first.reference.startswith("fake_")

    @pytest.mark.parametrize(
        ("kind", "minor"), [("capture", CAPTURE_REFUSED), ("refund", REFUND_REFUSED)]
    )
    def test_refuses_the_amounts_that_ask_for_it(self, kind: str, minor: int) -> None:
        bank, request = FakeGateway(), of(kind, minor)

        answer = getattr(bank, kind)(request)

        assert answer == bank.fetch(request)
        assert (answer.outcome, answer.reason) == (Outcome.DECLINED, "refused by the bank")

    @pytest.mark.parametrize(
        ("kind", "minor"),
        [("capture", CAPTURE_LATE), ("refund", REFUND_LATE), ("void", VOID_LATE)],
    )
    def test_answers_some_amounts_too_late(self, kind: str, minor: int) -> None:
        bank, request = FakeGateway(), of(kind, minor)

        with pytest.raises(GatewayTimeout):
            getattr(bank, kind)(request)

        assert ask(bank, getattr(bank, kind), request).outcome == Outcome.SUCCEEDED

    @pytest.mark.parametrize("kind", ["capture", "refund", "void"])
    def test_does_as_it_is_asked_otherwise(self, kind: str) -> None:
        bank, request = FakeGateway(), of(kind, 999_900)

        assert getattr(bank, kind)(request) == bank.fetch(request)
        assert bank.fetch(request).outcome == Outcome.SUCCEEDED
