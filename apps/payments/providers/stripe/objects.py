"""What Stripe's objects and events mean to the shop (https://docs.stripe.com/api, "The … object")."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.core.types import Money
from apps.payments.providers.stripe.rules import money_of_stripe
from apps.payments.types import GatewayAnswer, GatewayNews, GatewayRecord, NewsKind, Outcome

Object = Mapping[str, Any]


def answer_of_session(session: Object) -> GatewayAnswer:
    """How a hosted page stands: open, expired, or complete with its payment intent expanded."""
    intent = session.get("payment_intent")
    if session["status"] == "expired":
        return GatewayAnswer(
            outcome=Outcome.DECLINED, reference=session["id"], reason="the page expired"
        )
    if session["status"] == "complete" and isinstance(intent, Mapping):
        return answer_of_intent(intent)
    return GatewayAnswer(
        outcome=Outcome.ACTION_REQUIRED,
        reference=session["id"],
        action_url=session.get("url") or "",
    )


def answer_of_intent(intent: Object) -> GatewayAnswer:
    """How a payment intent stands; what went back is known if its charge is expanded."""
    reference, currency = intent["id"], intent["currency"]
    match intent["status"]:
        case "requires_capture":
            return GatewayAnswer(outcome=Outcome.SUCCEEDED, reference=reference)
        case "succeeded":
            charge = intent.get("latest_charge")
            refunded = charge["amount_refunded"] if isinstance(charge, Mapping) else 0
            return GatewayAnswer(
                outcome=Outcome.SUCCEEDED,
                reference=reference,
                captured_minor=_minor(intent["amount_received"], currency),
                refunded_minor=_minor(refunded, currency),
            )
        case "canceled":
            reason = intent.get("cancellation_reason") or "cancelled at the gateway"
            return GatewayAnswer(outcome=Outcome.DECLINED, reference=reference, reason=reason)
        case _:
            return GatewayAnswer(outcome=Outcome.ACTION_REQUIRED, reference=reference)


def answer_of_refund(refund: Object) -> GatewayAnswer:
    """A refund that is pending is on its way: should it fail later, an event says so."""
    failed = refund.get("status") in {"failed", "canceled"}
    return GatewayAnswer(
        outcome=Outcome.DECLINED if failed else Outcome.SUCCEEDED,
        reference=refund["id"],
        reason=refund.get("failure_reason") or "",
    )


def record_of_intent(intent: Object) -> GatewayRecord:
    """A payment intent of ours as a line of the gateway's books."""
    return GatewayRecord(
        payment_id=(intent.get("metadata") or {}).get("payment_id", ""),
        reference=intent["id"],
        amount=_money(intent["amount"], intent["currency"]),
        opened_at=datetime.fromtimestamp(intent["created"], UTC),
        answer=answer_of_intent(intent),
    )


def news_of_event(event: Object) -> GatewayNews:
    """What an event says. Events come late and in any order, so only what is final is taken as said."""
    about = event["data"]["object"]
    metadata = about.get("metadata") or {}
    said: dict[str, Any] = {}
    match event["type"]:
        case "checkout.session.completed":
            said = {"kind": NewsKind.STANDING}
        case "checkout.session.expired":
            said = {"kind": NewsKind.STANDING, "answer": answer_of_session(about)}
        case (
            "payment_intent.amount_capturable_updated"
            | "payment_intent.succeeded"
            | "payment_intent.canceled"
        ):
            said = {"kind": NewsKind.STANDING, "answer": answer_of_intent(about)}
        case "charge.captured" | "charge.refunded":
            said = {"kind": NewsKind.STANDING, "answer": _answer_of_charge(about)}
        case "charge.dispute.created":
            amount = _money(about["amount"], about["currency"])
            said = {"kind": NewsKind.DISPUTE, "amount": amount, "reason": about.get("reason") or ""}
        case "refund.failed":
            said = {
                "kind": NewsKind.REFUND_FAILED,
                "refund_key": metadata.get("key", ""),
                "reason": about.get("failure_reason") or "",
            }
    return GatewayNews(
        event_id=event["id"],
        type=event["type"],
        payment_id=metadata.get("payment_id") or about.get("client_reference_id") or "",
        reference=_intent_id_of(about),
        **said,
    )


def _answer_of_charge(charge: Object) -> GatewayAnswer | None:
    """None for a charge that was never captured: what was "refunded" of it is a hold let go of."""
    if not charge.get("captured"):
        return None
    currency = charge["currency"]
    return GatewayAnswer(
        outcome=Outcome.SUCCEEDED,
        reference=_intent_id_of(charge),
        captured_minor=_minor(charge["amount_captured"], currency),
        refunded_minor=_minor(charge["amount_refunded"], currency),
    )


def _intent_id_of(about: Object) -> str:
    if about.get("object") == "payment_intent":
        return str(about["id"])
    intent = about.get("payment_intent")
    return str(intent["id"] if isinstance(intent, Mapping) else intent or "")


def _money(amount: int, currency: str) -> Money:
    return money_of_stripe(amount=amount, currency=currency)


def _minor(amount: int, currency: str) -> int:
    return _money(amount, currency).minor
