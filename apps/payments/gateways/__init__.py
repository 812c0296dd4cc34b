"""Payment gateways behind one port."""

from apps.payments.gateways.account import AccountGateway
from apps.payments.gateways.base import Gateway, KeepsBooks, SendsWebhooks
from apps.payments.gateways.fake import FakeGateway
from apps.payments.gateways.stripe import StripeGateway

_GATEWAYS: dict[str, Gateway] = {
    "fake": FakeGateway(),
    "stripe": StripeGateway(),
    "account": AccountGateway(),
}

__all__ = ["Gateway", "KeepsBooks", "SendsWebhooks", "find_gateway", "gateway_named"]


def gateway_named(name: str) -> Gateway:
    """The gateway that a payment was opened with."""
    return _GATEWAYS[name]


def find_gateway(name: str) -> Gateway | None:
    """The gateway of that name, if there is one."""
    return _GATEWAYS.get(name)
