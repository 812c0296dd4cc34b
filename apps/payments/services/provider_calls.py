"""Ask a gateway so that an answer lost on the way is found again."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import ParamSpec

from django.conf import settings

from apps.core.selectors import brand
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.models import Payment
from apps.payments.registry import PaymentProvider
from apps.payments.types import GatewayAnswer, GatewayRequest, TransactionKind

P = ParamSpec("P")
logger = logging.getLogger(__name__)


class CircuitBreaker:
    """Bears a gateway's outage without waiting for each payment's timeout: three failures, and it is
    left alone.
    """

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()

    def is_open(self, gateway: str) -> bool:
        """Whether the gateway is left alone."""
        return self._failures[gateway] >= 3

    def attempt(
        self, gateway: str, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Do a piece of work that asks the gateway, unless the gateway does not answer anyway."""
        if self.is_open(gateway):
            return
        try:
            work(*args, **kwargs)
        except (GatewayTimeout, GatewayUnavailable):
            self._failures[gateway] += 1
            logger.warning("%s does not answer", gateway, exc_info=True)


def request_of(payment: Payment, *, kind: TransactionKind) -> GatewayRequest:
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
        return_url=f"{brand().origin}{settings.PAYMENT_RETURN_PATH}".format(payment_id=payment.id),
    )


def ask(
    gateway: PaymentProvider,
    call: Callable[[GatewayRequest], GatewayAnswer],
    request: GatewayRequest,
) -> GatewayAnswer:
    """The gateway's answer, fetched by its key if the call timed out. Raises GatewayUnavailable."""
    try:
        return call(request)
    except GatewayTimeout:
        answer = fetch(gateway, request)
        if answer is None:
            raise GatewayUnavailable(request.key) from None
        return answer


def fetch(gateway: PaymentProvider, request: GatewayRequest) -> GatewayAnswer | None:
    """What became of a request; None if the gateway never saw it. Raises GatewayUnavailable."""
    try:
        return gateway.fetch(request)
    except GatewayTimeout as error:
        raise GatewayUnavailable(request.key) from error
