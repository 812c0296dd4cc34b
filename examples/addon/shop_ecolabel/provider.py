"""Vouchers as a way to pay: a code that was signed with the issuer's key is as good as its money."""

from collections.abc import Mapping

from apps.core.registry import Secret
from apps.core.rules import digest_of
from apps.core.types import Money
from apps.payments.registry import PaymentProvider
from apps.payments.types import CheckoutOption, GatewayAnswer, GatewayRequest, Outcome


def code_for(serial: str, *, key: str) -> str:
    """The code that the issuer prints on a voucher."""
    return f"{serial}-{digest_of(text=f'{key}:{serial}')[:8]}"


class VoucherProvider(PaymentProvider):
    is_remote = False
    urls = "shop_ecolabel.urls"

    def __init__(self, *, key: Secret) -> None:
        self._key = key

    def option(
        self, *, amount: Money, payer_id: int | None, form: Mapping[str, str] | None = None
    ) -> CheckoutOption | None:
        return CheckoutOption(template="payments/voucher/option.html", context={})

    def token_of(self, choice: str, *, form: Mapping[str, str]) -> str:
        return form.get("voucher", "").strip()

    def accepts(self, token: str) -> bool:
        return token == code_for(token.rpartition("-")[0], key=self._key)

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=f"voucher:{request.token}")

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=request.reference)

    void = refund = capture

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        return None
