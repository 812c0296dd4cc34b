from collections.abc import Iterator
from datetime import datetime
from typing import Protocol, runtime_checkable

from apps.payments.types import GatewayAnswer, GatewayNews, GatewayRecord, GatewayRequest


class Gateway(Protocol):
    """What the shop asks of any gateway. Every call bears a key; a repeat moves no money twice.

    A call that is not answered in time raises GatewayTimeout; `fetch` then tells what happened.
    """

    needs_payer: bool
    # Whether it is asked over a network, and may answer late or not at all.
    is_remote: bool

    def accepts(self, token: str) -> bool:
        """Whether the token has the form of one of this gateway's, judged without the network."""

    def least(self, currency: str) -> int:
        """The least amount that it takes, in minor units; 0 where it takes any."""

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        """Hold the amount on the shopper's means of payment."""

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        """Take the held amount. Declined means that it never will be."""

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        """Let go of what is held or could still be; declined with `captured_minor` if it is taken."""

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        """Give captured money back. Declined means that this refund never will be."""

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        """What became of the request, by its `kind`; None if it never was carried out.

        Of an authorisation: how the payment stands now.
        """


@runtime_checkable
class SendsWebhooks(Protocol):
    """A gateway that tells by itself what happened."""

    def read_webhook(self, *, body: bytes, signature: str, now: datetime) -> GatewayNews:
        """What a signed message says. Raises WebhookRefused if it is forged, stale or unreadable."""


@runtime_checkable
class KeepsBooks(Protocol):
    """A gateway that lists what it holds and has taken."""

    def list_since(
        self, since: datetime, *, until: datetime | None = None
    ) -> Iterator[GatewayRecord]:
        """The payments that this stage opened in between, newest first.

        Raises GatewayTimeout, GatewayUnavailable.
        """
