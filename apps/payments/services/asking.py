"""Ask a gateway so that an answer lost on the way is found again."""

from collections.abc import Callable

from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.gateways import Gateway
from apps.payments.types import GatewayAnswer, GatewayRequest


def ask(
    gateway: Gateway, call: Callable[[GatewayRequest], GatewayAnswer], request: GatewayRequest
) -> GatewayAnswer:
    """The gateway's answer, fetched by its key if the call timed out. Raises GatewayUnavailable."""
    try:
        return call(request)
    except GatewayTimeout:
        try:
            answer = gateway.fetch(request)
        except GatewayTimeout as error:
            raise GatewayUnavailable(request.key) from error
        if answer is None:
            raise GatewayUnavailable(request.key) from None
        return answer
