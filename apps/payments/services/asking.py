"""Ask a gateway so that an answer lost on the way is found again."""

from collections.abc import Callable

from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.gateways import Gateway
from apps.payments.models import Payment
from apps.payments.types import GatewayAnswer, GatewayRequest


def request_of(payment: Payment, *, kind: str) -> GatewayRequest:
    """What a gateway is asked about a payment; its key is made of stored ids, so a repeat finds it."""
    return GatewayRequest(
        key=f"{payment.id}:{kind}",
        kind=kind,
        amount=payment.amount,
        token=payment.token,
        reference=payment.gateway_reference,
        payment_id=str(payment.id),
        payer_id=payment.payer_id,
        opened_at=payment.created_at,
    )


def ask(
    gateway: Gateway, call: Callable[[GatewayRequest], GatewayAnswer], request: GatewayRequest
) -> GatewayAnswer:
    """The gateway's answer, fetched by its key if the call timed out. Raises GatewayUnavailable."""
    try:
        return call(request)
    except GatewayTimeout:
        answer = fetch(gateway, request)
        if answer is None:
            raise GatewayUnavailable(request.key) from None
        return answer


def fetch(gateway: Gateway, request: GatewayRequest) -> GatewayAnswer | None:
    """What became of a request; None if the gateway never saw it. Raises GatewayUnavailable."""
    try:
        return gateway.fetch(request)
    except GatewayTimeout as error:
        raise GatewayUnavailable(request.key) from error
