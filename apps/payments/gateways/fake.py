"""A bank that lives in this file: its answers depend on token, amount and key alone, never on chance."""

from django.conf import settings

from apps.core.rules import digest_of
from apps.payments.errors import GatewayTimeout
from apps.payments.types import (
    CAPTURE_LATE,
    CAPTURE_REFUSED,
    DECLINE,
    FAKE_TOKENS,
    REFUND_LATE,
    REFUND_REFUSED,
    SHOPPER,
    TIMEOUT,
    VOID_LATE,
    GatewayAnswer,
    GatewayRequest,
    Outcome,
)

_KNOWN = frozenset(one.token for one in FAKE_TOKENS)


class FakeGateway:
    """Deterministic: the reference is derived from the key, so a repeat finds the first answer.

    It remembers nothing: what it says of a payment is what it would say to its key.
    """

    needs_payer = False
    is_remote = False

    def accepts(self, token: str) -> bool:
        return token in _KNOWN

    def least(self, currency: str) -> int:
        return 0

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        if request.token == TIMEOUT:
            raise GatewayTimeout(request.key)
        return _authorisation(request)

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        return _in_time(request, late=CAPTURE_LATE, refused=CAPTURE_REFUSED)

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        return _in_time(request, late=VOID_LATE)

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        return _in_time(request, late=REFUND_LATE, refused=REFUND_REFUSED)

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        match request.kind:
            case "capture":
                return _movement(request, refused=CAPTURE_REFUSED)
            case "refund":
                return _movement(request, refused=REFUND_REFUSED)
            case "void":
                return _movement(request)
            case _:
                return _authorisation(request)


def _authorisation(request: GatewayRequest) -> GatewayAnswer:
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


def _in_time(request: GatewayRequest, *, late: int, refused: int | None = None) -> GatewayAnswer:
    if request.amount.minor == late:
        raise GatewayTimeout(request.key)
    return _movement(request, refused=refused)


def _movement(request: GatewayRequest, *, refused: int | None = None) -> GatewayAnswer:
    if request.amount.minor == refused:
        return GatewayAnswer(outcome=Outcome.DECLINED, reason="refused by the bank")
    return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=_reference(request.key))


def _reference(key: str) -> str:
    return f"fake_{digest_of(text=key)[:24]}"
