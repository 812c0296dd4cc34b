"""A bank that lives in this file: its answers depend on token, amount and key alone, never on chance."""

from collections.abc import Mapping

from django.urls import reverse

from apps.core.rules import digest_of
from apps.core.types import Money
from apps.payments.errors import GatewayTimeout
from apps.payments.registry import PaymentProvider
from apps.payments.types import CheckoutOption, GatewayAnswer, GatewayRequest, Outcome

SUCCESS, DECLINE, TIMEOUT, SHOPPER = TOKENS = (
    "tok_success",
    "tok_decline",
    "tok_timeout",
    "tok_3ds",
)

# Amounts, in minor units, that force what happens after the hold. They are far from what anybody buys by
# accident; for a refund, the amount refunded counts.
CAPTURE_REFUSED, REFUND_REFUSED = 999_901, 999_902
CAPTURE_LATE, REFUND_LATE, VOID_LATE = 999_903, 999_904, 999_905


class FakeProvider(PaymentProvider):
    """Deterministic: the reference is derived from the key, so a repeat finds the first answer.

    It remembers nothing: what it says of a payment is what it would say to its key.
    """

    is_remote = False
    urls = "apps.payments.providers.fake.urls"

    def __init__(self, *, shows_tokens: bool = False) -> None:
        self._shows_tokens = shows_tokens

    def option(
        self, *, amount: Money, payer_id: int | None, form: Mapping[str, str] | None = None
    ) -> CheckoutOption | None:
        """A way to pay for each token, unless they are known to whoever tests and shown to nobody."""
        if not self._shows_tokens:
            return None
        return CheckoutOption(template="payments/fake/option.html", context={"tokens": TOKENS})

    def token_of(self, choice: str, *, form: Mapping[str, str]) -> str:
        """The choice itself: each token is a radio button of its own."""
        return choice

    def accepts(self, token: str) -> bool:
        """Whether it is one of the bank's four tokens."""
        return token in TOKENS

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        """What the token stands for. Raises GatewayTimeout for the one that stands for that."""
        if request.token == TIMEOUT:
            raise GatewayTimeout(request.key)
        return _authorisation(request)

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        """Taken, unless the amount forces another answer. Raises GatewayTimeout."""
        return _in_time(request, late=CAPTURE_LATE, refused=CAPTURE_REFUSED)

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        """Let go of, unless the amount is one that is answered too late. Raises GatewayTimeout."""
        return _in_time(request, late=VOID_LATE)

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        """Given back, unless the amount forces another answer. Raises GatewayTimeout."""
        return _in_time(request, late=REFUND_LATE, refused=REFUND_REFUSED)

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        """What the call has come to, also if its answer was too late."""
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
            action_url=reverse("demo-bank", args=[request.payment_id]),
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
