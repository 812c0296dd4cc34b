"""A bank that lives in this file: its answers depend on the token and the key alone, never on chance."""

from django.conf import settings

from apps.core.rules import digest_of
from apps.payments.errors import GatewayTimeout
from apps.payments.types import (
    DECLINE,
    FAKE_TOKENS,
    SHOPPER,
    TIMEOUT,
    GatewayAnswer,
    GatewayRequest,
    Outcome,
)

_KNOWN = frozenset(one.token for one in FAKE_TOKENS)


class FakeGateway:
    """Deterministic: the reference is derived from the key, so a repeat finds the first answer."""

    def accepts(self, token: str) -> bool:
        return token in _KNOWN

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        if request.token == TIMEOUT:
            raise GatewayTimeout(request.key)
        return self._answer(request)

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=_reference(request.key))

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=_reference(request.key))

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=_reference(request.key))

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        return self._answer(request)

    def _answer(self, request: GatewayRequest) -> GatewayAnswer:
        if request.token == DECLINE:
            return GatewayAnswer(outcome=Outcome.DECLINED, reason="declined by the bank")
        reference = _reference(request.key)
        if request.token == SHOPPER:
            return GatewayAnswer(
                outcome=Outcome.ACTION_REQUIRED,
                reference=reference,
                action_url=settings.FAKE_BANK_URL.format(payment_id=request.payment_id),
            )
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=reference)


def _reference(key: str) -> str:
    return f"fake_{digest_of(text=key)[:24]}"
