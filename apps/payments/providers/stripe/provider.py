"""Stripe: the shopper pays on Stripe's own page, so that no card ever touches the shop (PCI SAQ A).

The SDK costs a quarter of a second to import and is loaded by the first call, never by a page. It does
not retry: the shop does, by its own keys.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.core.registry import Secret
from apps.core.selectors import brand
from apps.core.types import Money
from apps.payments.errors import GatewayTimeout, GatewayUnavailable, WebhookRefused
from apps.payments.providers.stripe.objects import (
    answer_of_intent,
    answer_of_refund,
    answer_of_session,
    news_of_event,
    record_of_intent,
)
from apps.payments.providers.stripe.rules import is_signed_by_stripe, stripe_amount, stripe_least
from apps.payments.registry import PaymentProvider
from apps.payments.types import (
    CheckoutOption,
    GatewayAnswer,
    GatewayNews,
    GatewayRecord,
    GatewayRequest,
    Outcome,
    TransactionKind,
)

if TYPE_CHECKING:
    from stripe import StripeClient

logger = logging.getLogger(__name__)

# A repeat must send the same words, so the page's end is counted from the payment's beginning. Stripe
# wants it between 30 minutes and 24 hours ahead: repeats are good for five and a half hours of outage.
# The shop itself closes the page when the order's reservation runs out.
_PAGE_LASTS = timedelta(hours=6)
_UNREADABLE = "This message of the payment provider cannot be read."
# The one "token": whoever pays on Stripe's own page brings nothing along.
_HOSTED_PAGE = "hosted"


class StripeProvider(PaymentProvider):
    """A Checkout Session per payment; its payment intent holds, and is captured by the shop.

    An empty `api_base` or `api_version` is the SDK's own; a call is given up after `timeout_seconds`.
    """

    signature_header = "Stripe-Signature"

    def __init__(
        self,
        *,
        secret_key: Secret,
        webhook_secret: Secret,
        api_base: str = "",
        api_version: str = "",
        timeout_seconds: int = 10,
    ) -> None:
        self._secret_key, self._webhook_secret = secret_key, webhook_secret
        self._api_base, self._api_version = api_base, api_version
        self._timeout_seconds = timeout_seconds

    @property
    def _api(self) -> "StripeClient":
        return _client_of(
            self._secret_key, self._api_base, self._api_version, self._timeout_seconds
        )

    def option(
        self, *, amount: Money, payer_id: int | None, form: Mapping[str, str] | None = None
    ) -> CheckoutOption | None:
        """Offered to everybody; the page says so where `api_base` is that of a stand-in."""
        context = {"is_stand_in": bool(self._api_base)}
        return CheckoutOption(template="payments/stripe/option.html", context=context)

    def token_of(self, choice: str, *, form: Mapping[str, str]) -> str:
        """The same for every shopper: who pays on Stripe's page brings no token."""
        return _HOSTED_PAGE

    def accepts(self, token: str) -> bool:
        """Whether it is the word that stands for Stripe's page."""
        return token == _HOSTED_PAGE

    def least(self, currency: str) -> int:
        return stripe_least(currency)

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        """Make the page on which the shopper pays; what is paid there is held.

        Declined for what Stripe cannot express. Raises GatewayTimeout, GatewayUnavailable.
        """
        amount = stripe_amount(request.amount)
        if amount is None or request.opened_at is None:
            return _declined(f"{request.amount} cannot be charged")
        try:
            session = _post(
                self._api.v1.checkout.sessions.create,
                params=_page(request, amount=amount),
                key=request.key,
            )
        except _Refused as refusal:
            return _declined(str(refusal))
        return answer_of_session(session)

    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        """Take what is held; where Stripe refuses because it was taken before, that is the answer.

        Raises GatewayTimeout, GatewayUnavailable.
        """
        try:
            intent_id = _intent_id(self._api, request.reference)
            intent = _post(
                self._api.v1.payment_intents.capture, intent_id, params={}, key=request.key
            )
        except _Refused as refusal:
            standing = _find_standing(self._api, request.reference)
            taken = standing is not None and standing.captured_minor
            return standing if standing and taken else _declined(str(refusal))
        return answer_of_intent(intent)

    def void(self, request: GatewayRequest) -> GatewayAnswer:
        """Close the page, or let go of what was paid on it; Stripe holds nothing it does not know.

        Declined with `captured_minor` if it is taken. Raises GatewayTimeout, and
        GatewayUnavailable also where Stripe refuses and still holds something.
        """
        if not request.reference:
            return GatewayAnswer(outcome=Outcome.SUCCEEDED)
        try:
            if _is_page(request.reference) and _closes_page(self._api, request):
                return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=request.reference)
            intent_id = _intent_id(self._api, request.reference)
            _post(self._api.v1.payment_intents.cancel, intent_id, params={}, key=request.key)
        except _Refused as refusal:
            standing = _find_standing(self._api, request.reference)
            # What Stripe does not know at all, it does not hold either.
            nothing = GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=request.reference)
            answer = _released(standing) if standing else nothing
            if answer is None:
                raise GatewayUnavailable(f"{request.key}: {refusal}") from refusal
            return answer
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=intent_id)

    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        """Give money back, marked with the key under which `fetch` finds it again.

        Raises GatewayTimeout, GatewayUnavailable.
        """
        try:
            params = {
                "payment_intent": _intent_id(self._api, request.reference),
                "amount": stripe_amount(request.amount),
                "metadata": {**_marks(request), "key": request.key},
            }
            refund = _post(self._api.v1.refunds.create, params=params, key=request.key)
        except _Refused as refusal:
            return _declined(str(refusal))
        return answer_of_refund(refund)

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        """What became of a refund; of all else, how the payment stands. None if nothing came of it.

        An authorisation whose answer was lost is asked for once more under its key, which makes no
        second page. Raises GatewayTimeout, GatewayUnavailable.
        """
        if not request.reference:
            # Nothing of the page is known but its key, and the same words under it find it again.
            return self.authorise(request)
        if request.kind == TransactionKind.REFUND:
            return _find_refund(self._api, request)
        standing = _find_standing(self._api, request.reference)
        if standing and request.kind == TransactionKind.VOID:
            return _released(standing)
        waits = standing and standing.outcome != Outcome.DECLINED and not standing.captured_minor
        return None if request.kind == TransactionKind.CAPTURE and waits else standing

    def read_webhook(self, *, body: bytes, signature: str, now: datetime) -> GatewayNews:
        """What a message that Stripe has signed says of a payment. Raises WebhookRefused."""
        secret, moment = self._webhook_secret, int(now.timestamp())
        if not is_signed_by_stripe(body=body, header=signature, secret=secret, now=moment):
            raise WebhookRefused
        try:
            return news_of_event(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise WebhookRefused(_UNREADABLE) from error

    def list_since(
        self, since: datetime, *, until: datetime | None = None
    ) -> Iterator[GatewayRecord]:
        """The payment intents that bear this stage's mark. Raises GatewayTimeout, GatewayUnavailable."""
        created = {"gte": int(since.timestamp())}
        if until:
            created["lte"] = int(until.timestamp())
        params: dict[str, Any] = {
            "created": created,
            "limit": 100,
            "expand": ["data.latest_charge"],
        }
        while True:
            page = _get(self._api.v1.payment_intents.list, params=params)
            for intent in page["data"]:
                if (intent.get("metadata") or {}).get("stage") == settings.STAGE:
                    yield record_of_intent(intent)
            if not page["has_more"]:
                return
            params = {**params, "starting_after": page["data"][-1]["id"]}


class _Refused(Exception):
    """Stripe understood the request and will never carry it out."""


class _Spoilt(Exception):
    """The key is bound to an error of Stripe's own, and would bring that error back for a day."""


@cache
def _client_of(key: str, base: str, version: str, timeout: int) -> "StripeClient":
    import stripe

    stripe.enable_telemetry = False
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else {},
        stripe_version=version or None,
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=(min(timeout, 3), timeout)),
    )


def _post(call: Callable[..., Any], *about: str, params: Any, key: str) -> dict[str, Any]:
    """Ask for a change. Raises _Refused, GatewayTimeout, GatewayUnavailable.

    Stripe repeats even its own errors to a key it has seen. By then the first attempt is over and
    callers have looked what came of it, so a second key, as stable as the first, may ask anew.
    """
    try:
        return _translated(lambda: call(*about, params=params, options={"idempotency_key": key}))
    except _Spoilt:
        options = {"idempotency_key": f"{key}:again"}
        return _translated(lambda: call(*about, params=params, options=options))


def _get(call: Callable[..., Any], *about: str, params: Any) -> dict[str, Any]:
    """Look something up. Raises _Refused, GatewayTimeout, GatewayUnavailable."""
    return _translated(lambda: call(*about, params=params))


def _translated(call: Callable[[], Any]) -> dict[str, Any]:
    import stripe

    not_carried_out = (
        stripe.RateLimitError,
        stripe.AuthenticationError,
        stripe.PermissionError,
        stripe.IdempotencyError,
    )
    try:
        found: dict[str, Any] = call().to_dict()
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        raise _Refused(error.code or error.user_message or "refused by Stripe") from error
    except not_carried_out as error:
        logger.exception("Stripe does not let the shop ask")
        raise GatewayUnavailable(f"Stripe: {error}") from error
    except stripe.StripeError as error:
        replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
        if replayed and (error.http_status or 0) >= 500:
            raise _Spoilt from error
        raise GatewayTimeout(f"Stripe: {error}") from error
    return found


def _page(request: GatewayRequest, *, amount: int) -> dict[str, Any]:
    assert request.opened_at
    price = {
        "currency": request.amount.currency.lower(),
        "unit_amount": amount,
        "product_data": {"name": brand().name},
    }
    return {
        "mode": "payment",
        "client_reference_id": request.payment_id,
        "metadata": _marks(request),
        "line_items": [{"price_data": price, "quantity": 1}],
        "payment_intent_data": {"capture_method": "manual", "metadata": _marks(request)},
        "expires_at": int((request.opened_at + _PAGE_LASTS).timestamp()),
        "success_url": request.return_url,
        "cancel_url": request.return_url,
    }


def _marks(request: GatewayRequest) -> dict[str, str]:
    """How the shop knows its own payments again, and leaves those of other stages alone."""
    return {"payment_id": request.payment_id, "stage": settings.STAGE}


def _is_page(reference: str) -> bool:
    return reference.startswith("cs_")


def _closes_page(api: "StripeClient", request: GatewayRequest) -> bool:
    """Whether the page was still open and is closed now, or had expired; False if it was paid on."""
    sessions = api.v1.checkout.sessions
    try:
        _post(sessions.expire, request.reference, params={}, key=f"{request.key}:page")
    except _Refused:
        session = _get(sessions.retrieve, request.reference, params={})
        return bool(session["status"] == "expired")
    return True


def _find_standing(api: "StripeClient", reference: str) -> GatewayAnswer | None:
    """How the payment behind a reference of ours stands; None if Stripe does not know it."""
    sessions, intents = api.v1.checkout.sessions, api.v1.payment_intents
    try:
        if _is_page(reference):
            expand = {"expand": ["payment_intent.latest_charge"]}
            return answer_of_session(_get(sessions.retrieve, reference, params=expand))
        expand = {"expand": ["latest_charge"]}
        return answer_of_intent(_get(intents.retrieve, reference, params=expand))
    except _Refused:
        return None


def _intent_id(api: "StripeClient", reference: str) -> str:
    """The payment intent behind a reference of ours, which may still be that of the page."""
    if not _is_page(reference):
        return reference
    session = _get(api.v1.checkout.sessions.retrieve, reference, params={})
    return str(session.get("payment_intent") or "")


def _released(standing: GatewayAnswer) -> GatewayAnswer | None:
    """The answer to a void, read off how the payment stands; None if something is still held."""
    if standing.captured_minor:
        return GatewayAnswer(
            outcome=Outcome.DECLINED,
            reference=standing.reference,
            captured_minor=standing.captured_minor,
        )
    if standing.outcome == Outcome.DECLINED:
        return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=standing.reference)
    return None


def _find_refund(api: "StripeClient", request: GatewayRequest) -> GatewayAnswer | None:
    try:
        params = {"payment_intent": _intent_id(api, request.reference), "limit": 100}
        refunds = _get(api.v1.refunds.list, params=params)["data"]
    except _Refused:
        return None
    for refund in refunds:
        if (refund.get("metadata") or {}).get("key") == request.key:
            return answer_of_refund(refund)
    return None


def _declined(reason: str) -> GatewayAnswer:
    return GatewayAnswer(outcome=Outcome.DECLINED, reason=reason)
