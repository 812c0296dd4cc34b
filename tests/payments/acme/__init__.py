"""A payment provider as somebody else would write one: a package of its own, and an entry in SHOP."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from apps.core.registry import Secret
from apps.core.rules import is_signed
from apps.core.types import Money
from apps.payments.errors import WebhookRefused
from apps.payments.registry import PaymentProvider
from apps.payments.types import (
    CheckoutOption,
    GatewayAnswer,
    GatewayNews,
    GatewayRequest,
    NewsKind,
    Outcome,
)


class Dispute(msgspec.Struct):
    """What its webhook says."""

    id: str
    payment: str


class Acme(PaymentProvider):
    # It answers by itself, while the order is written; one that asks a network leaves this out.
    is_remote = False
    signature_header = "Acme-Signature"

    def __init__(self, *, key: Secret, least_minor: int = 0) -> None:
        self.key, self.least_minor = key, least_minor

    def option(
        self, *, amount: Money, payer_id: int | None, form: Mapping[str, str] | None = None
    ) -> CheckoutOption | None:
        return CheckoutOption(
            template="payments/acme/option.html", context={"banks": ["north", "south"]}
        )

    def token_of(self, choice: str, *, form: Mapping[str, str]) -> str:
        return choice

    def accepts(self, token: str) -> bool:
        return token in {"north", "south"}

    def least(self, currency: str) -> int:
        return self.least_minor

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=f"acme:{request.key}")

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=request.reference)

    void = refund = capture

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        return None

    def read_webhook(self, *, body: bytes, signature: str, now: datetime) -> GatewayNews:
        if not is_signed(body=body, signature=signature, secret=self.key, now=int(now.timestamp())):
            raise WebhookRefused
        try:
            said = msgspec.json.decode(body, type=Dispute)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise WebhookRefused("This message cannot be read.") from error
        return GatewayNews(
            event_id=said.id,
            type="dispute",
            kind=NewsKind.DISPUTE,
            payment_id=said.payment,
            reason="not as described",
        )
