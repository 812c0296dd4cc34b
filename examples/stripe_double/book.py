"""The bank's own book: every session, hold, capture and refund, and the rules that money obeys."""

import copy
import itertools
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from examples.stripe_double.errors import ApiError, invalid, missing, unexpected_state

HALF_HOUR, DAY = 30 * 60, 24 * 60 * 60
_SESSION_PARAMS = {
    "cancel_url", "client_reference_id", "customer_email", "expand", "expires_at", "line_items",
    "locale", "metadata", "mode", "payment_intent_data", "payment_method_types", "success_url",
}  # fmt: skip
# What Stripe charges at least, in its own units (https://docs.stripe.com/currencies).
_LEAST = {"chf": 50, "dkk": 250, "eur": 50, "gbp": 30, "jpy": 50, "pln": 200, "sek": 300, "usd": 50}

Object = dict[str, Any]


class Book:
    """Objects by id. Methods hold the lock; the events they cause are handed to `announce` after."""

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self.objects: dict[str, Object] = {}
        self.events: list[Object] = []
        self.captures: list[Object] = []
        self.lock = threading.RLock()
        self._now = now
        self._numbers = itertools.count(1)

    def of_kind(self, kind: str) -> list[Object]:
        """All objects of a kind, newest first."""
        with self.lock:
            found = [one for one in self.objects.values() if one["object"] == kind]
            return [copy.deepcopy(one) for one in reversed(found)]

    def get(self, kind: str, id_: str) -> Object:
        """An object; a session past its time has expired by now. Raises ApiError."""
        found = self.objects.get(id_)
        if found is None or found["object"] != kind:
            raise missing(kind, id_)
        if kind == "checkout.session" and found["status"] == "open":
            self._age(found)
        return found

    def create_session(self, params: Object, *, base: str) -> Object:
        """A hosted page for one payment."""
        check_known(params, _SESSION_PARAMS)
        for name in ("mode", "line_items", "success_url"):
            if not params.get(name):
                raise invalid(
                    f"Missing required param: {name}.", param=name, code="parameter_missing"
                )
        price = params["line_items"][0]["price_data"]
        amount = _amount(price["unit_amount"], "unit_amount") * int(
            params["line_items"][0].get("quantity", "1")
        )
        least = _LEAST.get(price["currency"].lower(), 0)
        if amount < least:
            raise invalid(
                "The Checkout Session's total amount due must add up to at least "
                f"{least} {price['currency'].lower()}",
                code="amount_too_small",
            )
        data = params.get("payment_intent_data", {})
        session = self._add(
            "cs_test",
            "checkout.session",
            amount_total=amount,
            currency=price["currency"].lower(),
            client_reference_id=params.get("client_reference_id"),
            expires_at=self._expiry(params),
            metadata=params.get("metadata", {}),
            mode=params["mode"],
            payment_intent=None,
            payment_status="unpaid",
            status="open",
            success_url=params["success_url"],
            cancel_url=params.get("cancel_url"),
        )
        session["url"] = f"{base}/pay/{session['id']}"
        session["_intent"] = {
            "capture_method": data.get("capture_method", "automatic"),
            "metadata": data.get("metadata", {}),
        }
        return session

    def expire_session(self, id_: str) -> Object:
        """Close an open page: nobody pays on it any more. Raises ApiError for any other."""
        session = self.get("checkout.session", id_)
        if session["status"] != "open":
            raise ApiError(
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
                f"Session has a status of `{session['status']}`."
            )
        session |= {"status": "expired", "url": None}
        self._announce("checkout.session.expired", session)
        return session

    def pay(self, session_id: str) -> Object:
        """The shopper pays on the page: the money is held, or taken where capture is automatic.

        Raises ApiError for a page that is not open.
        """
        session = self.get("checkout.session", session_id)
        if session["status"] != "open":
            raise ApiError(f"This page is {session['status']}.")
        intent = self._intent_of(session)
        charge = self._add(
            "ch",
            "charge",
            amount=intent["amount"],
            amount_captured=0,
            amount_refunded=0,
            captured=False,
            currency=intent["currency"],
            disputed=False,
            metadata=dict(intent["metadata"]),
            paid=True,
            payment_intent=intent["id"],
            refunded=False,
            status="succeeded",
        )
        intent |= {
            "latest_charge": charge["id"],
            "status": "requires_capture",
            "amount_capturable": intent["amount"],
        }
        session |= {"payment_intent": intent["id"], "status": "complete", "url": None}
        self._announce("charge.succeeded", charge)
        if intent["capture_method"] == "manual":
            self._announce("payment_intent.amount_capturable_updated", intent)
        else:
            self.capture(intent["id"], {}, key="")
        self._announce("checkout.session.completed", session)
        return session

    def decline(self, session_id: str) -> Object:
        """The bank says no to this card; the page stays open for another."""
        session = self.get("checkout.session", session_id)
        intent = self._intent_of(session)
        intent["last_payment_error"] = {"code": "card_declined", "type": "card_error"}
        self._announce("payment_intent.payment_failed", intent)
        return session

    def capture(self, id_: str, params: Object, *, key: str) -> Object:
        """Take held money, at most what is held. Raises ApiError."""
        check_known(params, {"amount_to_capture", "expand", "metadata"})
        intent = self.get("payment_intent", id_)
        if intent["status"] != "requires_capture":
            raise unexpected_state("captured", intent["status"], "requires_capture")
        held = intent["amount_capturable"]
        amount = _amount(params.get("amount_to_capture", str(held)), "amount_to_capture")
        if amount > held:
            raise ApiError(
                "Amount to capture is greater than the amount authorised.",
                code="amount_too_large",
                param="amount_to_capture",
            )
        charge = self.objects[intent["latest_charge"]]
        charge |= {"captured": True, "amount_captured": amount}
        intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
        self.captures.append({"payment_intent": id_, "amount": amount, "key": key})
        for session in self.objects.values():
            if session.get("payment_intent") == id_ and session["object"] == "checkout.session":
                session["payment_status"] = "paid"
        self._announce("charge.captured", charge)
        self._announce("payment_intent.succeeded", intent)
        return intent

    def cancel(self, id_: str, params: Object, *, reason: str | None = None) -> Object:
        """Let go of held money. Raises ApiError."""
        check_known(params, {"cancellation_reason", "expand"})
        intent = self.get("payment_intent", id_)
        allowed = ("requires_payment_method", "requires_capture", "requires_action")
        if intent["status"] not in allowed:
            raise unexpected_state("canceled", intent["status"], ", ".join(allowed))
        intent |= {
            "status": "canceled",
            "amount_capturable": 0,
            "canceled_at": int(self._now()),
            "cancellation_reason": reason or params.get("cancellation_reason"),
        }
        self._announce("payment_intent.canceled", intent)
        if charge := self.objects.get(intent["latest_charge"] or ""):
            # A hold let go of reads as a refund of a charge that was never captured.
            charge |= {"refunded": True, "amount_refunded": charge["amount"]}
            self._announce("charge.refunded", charge)
        return intent

    def refund(self, params: Object, *, key: str) -> Object:
        """Give captured money back, at most what was captured. Raises ApiError."""
        check_known(params, {"amount", "charge", "expand", "metadata", "payment_intent", "reason"})
        intent = self.get("payment_intent", params.get("payment_intent", ""))
        if intent["status"] != "succeeded":
            raise ApiError(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            )
        charge = self.objects[intent["latest_charge"]]
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not left:
            raise ApiError(
                f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
            )
        amount = _amount(params.get("amount", str(left)), "amount")
        if amount > left:
            raise ApiError(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
                param="amount",
            )
        refund = self._add(
            "re",
            "refund",
            amount=amount,
            charge=charge["id"],
            currency=charge["currency"],
            metadata=params.get("metadata", {}),
            payment_intent=intent["id"],
            reason=params.get("reason"),
            status="succeeded",
            _key=key,
        )
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self._announce("refund.created", refund)
        self._announce("charge.refunded", charge)
        return refund

    def fail_refund(self, id_: str) -> Object:
        """Days later the shopper's bank sends a refund back."""
        refund = self.get("refund", id_)
        refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
        charge = self.objects[refund["charge"]]
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        self._announce("refund.failed", refund)
        return refund

    def dispute(self, intent_id: str) -> Object:
        """The shopper asks the bank for the money back."""
        intent = self.get("payment_intent", intent_id)
        charge = self.objects[intent["latest_charge"]]
        charge["disputed"] = True
        dispute = self._add(
            "du",
            "dispute",
            amount=charge["amount_captured"],
            charge=charge["id"],
            currency=charge["currency"],
            metadata={},
            payment_intent=intent_id,
            reason="fraudulent",
            status="needs_response",
        )
        self._announce("charge.dispute.created", dispute)
        return dispute

    def backdate(self, intent_id: str, *, seconds: int) -> None:
        """Let a payment have been made so much earlier."""
        self.get("payment_intent", intent_id)["created"] -= seconds

    def take_events(self) -> list[Object]:
        """The events that nobody has been told of yet."""
        with self.lock:
            fresh = [event for event in self.events if not event["_told"]]
            for event in fresh:
                event["_told"] = True
            return fresh

    def _intent_of(self, session: Object) -> Object:
        """The session's payment intent, made when the shopper first tries to pay."""
        for one in self.objects.values():
            if one.get("_session") == session["id"]:
                return one
        intent = self._add(
            "pi",
            "payment_intent",
            amount=session["amount_total"],
            amount_capturable=0,
            amount_received=0,
            canceled_at=None,
            cancellation_reason=None,
            capture_method=session["_intent"]["capture_method"],
            currency=session["currency"],
            latest_charge=None,
            metadata=dict(session["_intent"]["metadata"]),
            status="requires_payment_method",
            _session=session["id"],
        )
        self._announce("payment_intent.created", intent)
        return intent

    def _expiry(self, params: Object) -> int:
        now = int(self._now())
        expires_at = int(params.get("expires_at", now + DAY))
        if not now + HALF_HOUR <= expires_at <= now + DAY:
            raise invalid(
                "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from "
                "Checkout Session creation.",
                param="expires_at",
            )
        return expires_at

    def _age(self, session: Object) -> None:
        if session["expires_at"] <= self._now():
            session |= {"status": "expired", "url": None}
            self._announce("checkout.session.expired", session)

    def _add(self, prefix: str, kind: str, **fields: Any) -> Object:
        id_ = f"{prefix}_{next(self._numbers):06d}{secrets.token_hex(9)}"
        created = int(self._now())
        self.objects[id_] = {
            "id": id_, "object": kind, "created": created, "livemode": False, **fields,
        }  # fmt: skip
        return self.objects[id_]

    def _announce(self, type_: str, about: Object) -> None:
        self.events.append(
            {
                "id": f"evt_{next(self._numbers):06d}{secrets.token_hex(9)}",
                "object": "event",
                "created": int(self._now()),
                "data": {"object": shown(about)},
                "livemode": False,
                "pending_webhooks": 1,
                "type": type_,
                "_told": False,
            }
        )


def shown(about: Object) -> Object:
    """An object as the API shows it: without what the book notes for itself."""
    return {name: copy.deepcopy(one) for name, one in about.items() if not name.startswith("_")}


def check_known(params: Object, known: set[str]) -> None:
    """Refuse parameters that Stripe would not take."""
    for name in params:
        if name not in known:
            raise invalid(
                f"Received unknown parameter: {name}", param=name, code="parameter_unknown"
            )


def _amount(text: str, param: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 99_999_999:
        raise invalid(f"Invalid integer: {text}", param=param, code="parameter_invalid_integer")
    return int(text)
