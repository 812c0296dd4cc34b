"""An answer lost on the way is fetched by its key."""

from collections.abc import Callable

import pytest

from apps.core.types import Money
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.gateways.fake import FakeGateway
from apps.payments.services.asking import ask, insist
from apps.payments.types import GatewayAnswer, GatewayRequest, Outcome

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


class TestInsist:
    def test_gives_an_answer_that_is_a_success(self) -> None:
        assert insist(Bank(lambda _: None), lambda _: LOST, REQUEST) == LOST

    @pytest.mark.parametrize("outcome", [Outcome.DECLINED, Outcome.ACTION_REQUIRED])
    def test_takes_nothing_less(self, outcome: Outcome) -> None:
        with pytest.raises(GatewayUnavailable, match=f"k: {outcome} why"):
            insist(FakeGateway(), lambda _: GatewayAnswer(outcome=outcome, reason="why"), REQUEST)


class TestTheFakeBank:
    def test_gives_the_same_key_the_same_reference(self) -> None:
        first, second = (FakeGateway().authorise(REQUEST) for _ in range(2))

        assert first == second
        assert first.reference.startswith("fake_")
