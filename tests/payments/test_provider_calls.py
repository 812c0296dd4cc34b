"""An answer lost on the way is fetched by its key."""

from collections.abc import Callable

import pytest

from apps.core.types import Money
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.providers.fake import FakeProvider
from apps.payments.services.provider_calls import ask, fetch
from apps.payments.types import GatewayAnswer, GatewayRequest, Outcome

REQUEST = GatewayRequest(key="k", amount=Money(1, "GBP"), token="tok_success")
LOST = GatewayAnswer(outcome=Outcome.SUCCEEDED, reference="found again")


def time_out(_: GatewayRequest) -> GatewayAnswer:
    raise GatewayTimeout


class Bank(FakeProvider):
    """Knows what a test says it knows."""

    def __init__(self, fetched: Callable[[GatewayRequest], GatewayAnswer | None]) -> None:
        self.fetch = fetched  # type: ignore[method-assign]


class TestAsk:
    def test_gives_the_answer(self) -> None:
        answer = ask(FakeProvider(), FakeProvider().authorise, REQUEST)

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
