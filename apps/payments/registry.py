"""The door for payment providers: what the shop asks of one, and which there are."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from apps.core.registry import Backend, Section
from apps.core.types import Money
from apps.payments.types import (
    CheckoutOption,
    GatewayAnswer,
    GatewayNews,
    GatewayRecord,
    GatewayRequest,
)


class PaymentProvider(Backend, ABC):
    """What the shop asks of any payment provider. Every call bears a key; a repeat moves no money twice.

    A call that is not answered in time raises GatewayTimeout; `fetch` then tells what happened. One
    that cannot be answered now raises GatewayUnavailable, and comes again later under its key.
    """

    # Whether only a customer with an account can pay by it.
    needs_payer = False
    # Whether it is asked over a network, and may answer late or not at all: then it is asked by the lane
    # `payments`, after the order's transaction (in tests: `tests.relays.relay`), not while an order is written.
    is_remote = True
    # Whether what it captures is owed on net terms: an invoice, and no money yet.
    is_on_account = False
    # Whether its way to pay is better asked for once the page is there: few shoppers will have it.
    option_comes_later = False
    # The module with the URL patterns of its own pages, if it has any.
    urls = ""

    @abstractmethod
    def option(
        self, *, amount: Money, payer_id: int | None, form: Mapping[str, str] | None = None
    ) -> CheckoutOption | None:
        """How it is offered on the checkout page to this payer; None where it is not.

        `form` is what the shopper sent when the page is shown once more; what was typed wrongly is told by
        a Django form in the option, as the provider `account` does.
        """

    @abstractmethod
    def token_of(self, choice: str, *, form: Mapping[str, str]) -> str:
        """The payment token that the checkout page's form stands for, of whatever form it is.

        `choice` is what follows the provider's name in `payment_method`, `name:choice`; often nothing.
        The token is kept with the payment, so it must hold nothing personal, such as an IBAN.
        """

    @abstractmethod
    def accepts(self, token: str) -> bool:
        """Whether the token has the form of one of this provider's, judged without the network."""

    def least(self, currency: str) -> int | None:
        """The least amount that it takes of a currency, in minor units; 0: any, None: it takes none of it."""
        return 0

    @abstractmethod
    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        """Hold the amount on the shopper's means of payment."""

    @abstractmethod
    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        """Take the held amount. Declined means that it never will be."""

    @abstractmethod
    def void(self, request: GatewayRequest) -> GatewayAnswer:
        """Let go of what is held or could still be; declined with `captured_minor` if it is taken."""

    @abstractmethod
    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        """Give captured money back. Declined means that this refund never will be."""

    @abstractmethod
    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        """What became of the request, by its `kind`; None if it never was carried out.

        Of an authorisation: how the payment stands now.
        """


@runtime_checkable
class WebhookSender(Protocol):
    """A payment provider that tells by itself what happened, at `/api/v1/payments/webhooks/<name>/`."""

    # The header that bears the signature.
    signature_header: str

    def read_webhook(self, *, body: bytes, signature: str, now: datetime) -> GatewayNews:
        """What a signed message says. Raises WebhookRefused if it is forged, stale or unreadable.

        The shop takes each `event_id` once. `apps.core.rules.is_signed` checks `t=…,v1=…` signatures.
        """


@runtime_checkable
class PaymentLister(Protocol):
    """A payment provider that lists what it holds and has taken."""

    def list_since(
        self, since: datetime, *, until: datetime | None = None
    ) -> Iterator[GatewayRecord]:
        """The payments that this stage opened in between, newest first.

        Raises GatewayTimeout, GatewayUnavailable.
        """


# `OFFERED`: whether new orders may be paid by it. What is not offered still answers for its payments.
payment_providers: Section[PaymentProvider] = Section(
    "PAYMENT_PROVIDERS",
    port=PaymentProvider,  # type: ignore[type-abstract]
    switches=("OFFERED",),
)


def offered_names() -> tuple[str, ...]:
    """The payment providers that new orders may be paid by, in the settings' order."""
    return payment_providers.switched_on("OFFERED")
