from typing import Protocol

from apps.payments.types import GatewayAnswer, GatewayRequest


class Gateway(Protocol):
    """What the shop asks of any gateway. Every call bears a key; a repeat moves no money twice.

    A call that is not answered in time raises GatewayTimeout; `fetch` then tells what happened.
    """

    def accepts(self, token: str) -> bool:
        """Whether the token has the form of one of this gateway's, judged without the network."""

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        """Hold the amount on the shopper's means of payment."""

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        """Take the held amount."""

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        """Let go of what was held."""

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        """Give captured money back."""

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        """The answer that the key got, or None if the gateway never saw it."""
