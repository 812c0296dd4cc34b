"""What an order may become, and whether a request can be believed."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from apps.core.errors import InvalidInput
from apps.core.rules import digest_of, spread
from apps.core.types import Money, exponent_of
from apps.orders.errors import IllegalTransition, MalformedRequest, OrderTooLarge
from apps.orders.events import OrderLineFact
from apps.orders.types import (
    DRAFT_VERSION,
    MOST_LINES,
    Channel,
    OrderDraft,
    OrderRequest,
    OrderStatus,
)
from apps.payments.types import Share
from apps.pricing.types import Adjustment, AdjustmentScope

# A message that was lost on the way is not missed before this long after the order was written.
PLACED_FOR_TOO_LONG = timedelta(minutes=10)
# What Amazon SQS and SNS take at once (256 KiB), less room for envelope, attributes and the rest.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
MOST_SENT_BYTES = 240 * 1024
MOST_ANNOUNCED_BYTES = 230 * 1024

_NEXT = {
    OrderStatus.PLACED: {
        OrderStatus.AWAITING_PAYMENT,
        OrderStatus.AWAITING_APPROVAL,
        OrderStatus.PAID,
        OrderStatus.REJECTED,
        OrderStatus.CANCELLED,
    },
    OrderStatus.AWAITING_PAYMENT: {
        OrderStatus.AWAITING_APPROVAL,
        OrderStatus.PAID,
        OrderStatus.REJECTED,
        OrderStatus.CANCELLED,
    },
    OrderStatus.AWAITING_APPROVAL: {
        OrderStatus.AWAITING_PAYMENT,
        OrderStatus.PAID,
        OrderStatus.REJECTED,
        OrderStatus.CANCELLED,
    },
    OrderStatus.PAID: {OrderStatus.COMPLETED, OrderStatus.CANCELLED},
    OrderStatus.COMPLETED: set(),
    OrderStatus.REJECTED: set(),
    OrderStatus.CANCELLED: set(),
}


def sources_of(target: OrderStatus) -> list[OrderStatus]:
    """The states from which an order may become `target`."""
    return [source for source, targets in _NEXT.items() if target in targets]


def check_transition(*, current: str, target: OrderStatus) -> None:
    """Refuse a step that the state machine does not know. Raises IllegalTransition."""
    if current not in sources_of(target):
        raise IllegalTransition(current=current, target=target.value)


def needs_approval(*, total: Money, channel: str, limits: Mapping[str, int]) -> bool:
    """Whether a manager must agree before money is taken: the total exceeds its currency's limit.

    Limits are in minor units, by currency, tax included. Without one for its currency an order needs
    nobody; one that was imported was agreed elsewhere.
    """
    limit = limits.get(total.currency)
    return channel != Channel.IMPORT and limit is not None and total.minor > limit


def whole_price(price: Decimal, *, currency: str) -> Money | None:
    """A price in major units as whole minor units; None for one that has parts of them."""
    minor = price.scaleb(exponent_of(currency))
    return Money(int(minor), currency) if minor == int(minor) else None


def check_draft(draft: OrderDraft) -> None:
    """Refuse a draft whose figures cannot all be true. Raises MalformedRequest."""
    totals = draft.totals
    sum_of_parts = (
        totals.lines_minor + totals.shipping_minor + totals.tax_minor + totals.adjustments_minor
    )
    if sum_of_parts != totals.total_minor:
        msg = f"parts add up to {Money(sum_of_parts, draft.currency)}, not {draft.total}"
        raise MalformedRequest(msg)
    if totals.total_minor < 0 or any(
        line.quantity < 1 or line.paid_minor < 0 for line in draft.lines
    ):
        msg = "amounts and quantities must not be negative"
        raise MalformedRequest(msg)
    _check_adjustments(draft)


def _check_adjustments(draft: OrderDraft) -> None:
    """Refuse a paid price, or a sum of adjustments, that the adjustments do not explain."""
    for line in draft.lines:
        comes_to = line.amount_minor + sum(one.amount_minor for one in line.adjustments)
        if comes_to != line.paid_minor:
            msg = f"{line.sku} comes to {comes_to} with its adjustments"
            raise MalformedRequest(msg)
    whole = sum(one.amount_minor for one in draft.adjustments)
    if whole != draft.totals.adjustments_minor:
        msg = f"adjustments add up to {whole}, not {draft.totals.adjustments_minor}"
        raise MalformedRequest(msg)


def check_shares(request: OrderRequest) -> None:
    """Refuse shares that come to more than the order's total, or to less than nothing. Raises MalformedRequest."""
    amounts = [share.amount_minor for share in request.payments]
    if min(amounts) < 0 or sum(amounts) > request.draft.totals.total_minor:
        msg = f"shares of {amounts} for {request.draft.total}"
        raise MalformedRequest(msg)


def check_fits(request: OrderRequest) -> None:
    """Refuse a request that the tables could not keep or the topic not carry as it is.

    Raises OrderTooLarge, and InvalidInput, whose errors name each field by its path in the draft.
    """
    if len(request.draft.lines) > MOST_LINES:
        raise OrderTooLarge(limit=f"{MOST_LINES} lines")
    try:
        msgspec.convert(msgspec.to_builtins(request), OrderRequest)
    except msgspec.ValidationError as error:
        field, complaint = _complaint_of(error)
        raise InvalidInput(errors={field: [complaint]}) from error
    if announced_bytes(request.draft) > MOST_ANNOUNCED_BYTES:
        raise OrderTooLarge(limit=f"{MOST_ANNOUNCED_BYTES // 1024} KiB of SKUs and names")


def announced_bytes(draft: OrderDraft) -> int:
    """How many bytes the lines take in the largest event about the order, the one that it is paid."""
    facts = [
        OrderLineFact(
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            amount=Money(line.amount_minor, draft.currency),
            paid=Money(line.paid_minor, draft.currency),
        )
        for line in draft.lines
    ]
    return len(msgspec.json.encode(facts))


def _complaint_of(error: msgspec.ValidationError) -> tuple[str, str]:
    """The field and what is wrong with it, of an error like "Expected `str` of length <= 254 - at `$.a`"."""
    complaint, _, path = str(error).partition(" - at ")
    field = path.strip("`").removeprefix("$.").removeprefix("draft.").replace("[", ".")
    if most := re.search(r"of length <= (\d+)", complaint):
        complaint = f"Ensure this field has no more than {most[1]} characters."
    elif "matching regex" in complaint:
        complaint = "Null and surrogate characters are not allowed."
    return field.replace("]", ""), complaint


def upgrade(document: object) -> dict[str, Any]:
    """A quote or a request as it is written today, whichever version it was written in.

    Raises MalformedRequest for a version that is not known here, and for what is no such document.
    """
    try:
        version = msgspec.convert(document, _Versioned).version
        fields = msgspec.convert(document, dict[str, Any])
    except msgspec.ValidationError as error:
        raise MalformedRequest(str(error)) from error
    if version == 1:
        draft = upgrade_draft(fields.get("draft"))
        return {**_with_payments(fields), "version": 2, "draft": draft}
    if version != DRAFT_VERSION:
        msg = f"version {version} is not known here"
        raise MalformedRequest(msg)
    return fields


def _with_payments(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request of version 1, whose one way to pay was for the whole; a quote's as they are."""
    if "gateway" not in fields:
        return dict(fields)
    rest = {name: fields[name] for name in fields if name not in {"gateway", "payment_token"}}
    try:
        minor = fields["draft"]["totals"]["total_minor"]
    except (KeyError, TypeError) as error:
        msg = "a draft without a total"
        raise MalformedRequest(msg) from error
    share = {
        "gateway": fields["gateway"],
        "token": fields.get("payment_token"),
        "amount_minor": minor,
    }
    return {**rest, "payments": [share]}


def upgrade_draft(old: object) -> dict[str, Any]:
    """A draft of version 1 in version 2: what it took off becomes adjustments, its figures stay.

    Version 1 had a discount per line, and one of the order that was only spread over what its lines came
    to when units went back. Its tax is what was promised. Raises MalformedRequest.
    """
    try:
        was = msgspec.convert(old, _Draft1)
        fields = msgspec.convert(old, dict[str, Any])
    except msgspec.ValidationError as error:
        raise MalformedRequest(str(error)) from error
    goods = [line.amount_minor - line.discount_minor for line in was.lines]
    unspread = was.totals.discount_minor - sum(line.discount_minor for line in was.lines)
    on_goods = min(unspread, sum(goods))
    cuts = spread(amount_minor=on_goods, weights=goods)
    lines = [
        {
            **_without_discount(line),
            "list_price": line.get("unit_price"),
            "paid_minor": goods[at] - cuts[at],
            "adjustments": [
                *_discount1(was, minor=was.lines[at].discount_minor, scope=AdjustmentScope.LINE),
                *_discount1(was, minor=cuts[at], scope=AdjustmentScope.ORDER),
            ],
        }
        for at, line in enumerate(fields["lines"])
    ]
    on_shipping = _discount1(was, minor=unspread - on_goods, scope=AdjustmentScope.ORDER)
    return {
        **fields,
        "lines": lines,
        "shipping_adjustments": on_shipping,
        "totals": {
            **_without_discount(fields["totals"]),
            "adjustments_minor": -was.totals.discount_minor,
        },
    }


class _Versioned(msgspec.Struct):
    """The version of a document; quotes of version 1 did not say theirs."""

    version: int = 1


class _Line1(msgspec.Struct):
    amount_minor: int
    discount_minor: int = 0


class _Totals1(msgspec.Struct):
    discount_minor: int


class _Draft1(msgspec.Struct):
    """What of a draft of version 1 is another in version 2, or says how."""

    lines: list[_Line1]
    totals: _Totals1
    language: str
    channel: str = ""


def _without_discount(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "discount_minor"}


def _discount1(was: _Draft1, *, minor: int, scope: AdjustmentScope) -> list[dict[str, Any]]:
    """A discount of version 1 as an adjustment; nothing was kept of who decided, but for imports."""
    if not minor:
        return []
    discount = Adjustment(
        code="discount",
        label="Rabatt" if was.language == "de" else "Discount",
        scope=scope,
        amount_minor=-minor,
        source="import" if was.channel == Channel.IMPORT else "unknown",
    )
    return [dict(msgspec.to_builtins(discount))]


def quoted_at(draft_id: UUID) -> datetime | None:
    """When a quote was made: its id (UUIDv7, RFC 9562) says so to the millisecond; None for other ids."""
    if draft_id.version != 7:
        return None
    return datetime.fromtimestamp((draft_id.int >> 80) / 1000, tz=UTC)


def fingerprint(shares: Sequence[Share], *, total_minor: int) -> str:
    """What tells two placements of the same quote apart: by which ways, how much by each, in which order.

    One share that pays the whole total (minor units, tax included) reads as it did in version 1 of the
    message, so that a repeat across a release is known again.
    """
    parts = [f"{one.gateway}\n{one.token}" for one in shares]
    if [one.amount_minor for one in shares] != [total_minor]:
        parts += [str(one.amount_minor) for one in shares]
    return digest_of(text="\n".join(parts))
