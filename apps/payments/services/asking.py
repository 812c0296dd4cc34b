"""Ask a gateway so that an answer lost on the way is found again."""

from collections.abc import Callable

from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.gateways import Gateway
from apps.payments.types import GatewayAnswer, GatewayRequest, Outcome


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


def insist(
    gateway: Gateway, call: Callable[[GatewayRequest], GatewayAnswer], request: GatewayRequest
) -> GatewayAnswer:
    """The answer to a step that the gateway has promised to take. Raises GatewayUnavailable.

    Anything but success means that no money has moved, so nothing may be recorded as if it had.
    """
    answer = ask(gateway, call, request)
    if answer.outcome != Outcome.SUCCEEDED:
        msg = f"{request.key}: {answer.outcome} {answer.reason}".strip()
        raise GatewayUnavailable(msg)
    return answer
