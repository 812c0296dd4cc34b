"""The demo bank answers by token, amount and key alone, and offers itself only where that is wanted."""

import pytest

from apps.core.types import Money
from apps.payments.errors import GatewayTimeout
from apps.payments.providers.fake import FakeProvider
from apps.payments.providers.fake.provider import (
    CAPTURE_LATE,
    CAPTURE_REFUSED,
    REFUND_LATE,
    REFUND_REFUSED,
    TOKENS,
    VOID_LATE,
)
from apps.payments.services.provider_calls import ask
from apps.payments.types import GatewayRequest, Outcome

REQUEST = GatewayRequest(key="k", amount=Money(1, "GBP"), token="tok_success")


def of(kind: str, minor: int) -> GatewayRequest:
    return GatewayRequest(key=f"k:{kind}", kind=kind, amount=Money(minor, "GBP"), token="tok_3ds")


class TestTheDemoBank:
    def test_gives_the_same_key_the_same_reference(self) -> None:
        first, second = (FakeProvider().authorise(REQUEST) for _ in range(2))

        assert first == second
        assert first.reference.startswith("fake_")

    @pytest.mark.parametrize(
        ("kind", "minor"), [("capture", CAPTURE_REFUSED), ("refund", REFUND_REFUSED)]
    )
    def test_refuses_the_amounts_that_ask_for_it(self, kind: str, minor: int) -> None:
        bank, request = FakeProvider(), of(kind, minor)

        answer = getattr(bank, kind)(request)

        assert answer == bank.fetch(request)
        assert (answer.outcome, answer.reason) == (Outcome.DECLINED, "refused by the bank")

    @pytest.mark.parametrize(
        ("kind", "minor"),
        [("capture", CAPTURE_LATE), ("refund", REFUND_LATE), ("void", VOID_LATE)],
    )
    def test_answers_some_amounts_too_late(self, kind: str, minor: int) -> None:
        bank, request = FakeProvider(), of(kind, minor)

        with pytest.raises(GatewayTimeout):
            getattr(bank, kind)(request)

        assert ask(bank, getattr(bank, kind), request).outcome == Outcome.SUCCEEDED

    @pytest.mark.parametrize("kind", ["capture", "refund", "void"])
    def test_does_as_it_is_asked_otherwise(self, kind: str) -> None:
        bank, request = FakeProvider(), of(kind, 999_900)

        assert getattr(bank, kind)(request) == bank.fetch(request)
        assert bank.fetch(request).outcome == Outcome.SUCCEEDED

    @pytest.mark.parametrize("shows", [True, False])
    def test_shows_its_tokens_where_it_is_told_to(self, shows: bool) -> None:
        option = FakeProvider(shows_tokens=shows).option(amount=REQUEST.amount, payer_id=None)

        assert (option is not None) is shows
        assert option is None or option.context["tokens"] == TOKENS
