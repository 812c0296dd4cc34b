"""Payment gateways behind one port."""

from apps.payments.gateways.base import Gateway
from apps.payments.gateways.fake import FakeGateway

_GATEWAYS: dict[str, Gateway] = {"fake": FakeGateway()}

__all__ = ["Gateway", "gateway_named"]


def gateway_named(name: str) -> Gateway:
    """The gateway that a payment was opened with."""
    return _GATEWAYS[name]
