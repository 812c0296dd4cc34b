"""From a message on the queue to an order that is paid, waits for the shopper, or is refused.

Each step commits before the next begins, and each can be repeated: a worker that dies anywhere is
finished by the message's next delivery.
"""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.utils import timezone

from apps.accounts.selectors import is_customer
from apps.core.errors import (
    DomainError,
    TemporarilyUnavailable,
    broken_constraint,
    broken_table,
)
from apps.core.rules import public_number
from apps.core.services import log_about, record_metric, retry_deadlocks
from apps.core.types import MOST_MINOR, Metric
from apps.events.services import one_wake
from apps.inventory.services import quantities_of, reserve_stock
from apps.orders import gateways, rules
from apps.orders.errors import (
    CartAlreadyOrdered,
    CustomerGone,
    MalformedRequest,
    NotWritable,
    OrderTooLarge,
)
from apps.orders.models import Order, OrderAdjustment, OrderLine, PlacementConflict
from apps.orders.services.announcements import (
    announce_payment_due,
    announce_placed,
    announce_rejected,
)
from apps.orders.services.cart_conflicts import check_cart
from apps.orders.services.guest_limits import check_units_held, is_guests
from apps.orders.services.payments import take_payment
from apps.orders.services.traces import send_trace_safely
from apps.orders.types import (
    DRAFT_VERSION,
    Channel,
    DraftLine,
    OrderDraft,
    OrderRequest,
    OrderStatus,
)
from apps.payments.models import Payment
from apps.payments.selectors import list_payments
from apps.payments.services import may_answer_late, open_payments
from apps.payments.types import MOST_SHARES, Share
from apps.pricing.types import Adjustment

logger = logging.getLogger(__name__)

# The longest that a payment may be called by, as long as nobody has chosen one.
_LONGEST_SHARE = Share(gateway="x" * 20, token="x" * 255, amount_minor=MOST_MINOR)
# Where a row that no retry can cure would have to stand. What stock refuses, a recount may cure.
_TABLES = frozenset(
    {"orders_order", "orders_orderline", "orders_orderadjustment", "payments_payment"}
)
# What of a line stands in its own row.
_COLUMNS = frozenset(DraftLine.__struct_fields__) - {"adjustments"}


def check_draft_fits(draft: OrderDraft) -> None:
    """Refuse, before anything is promised, a draft that could not be sent, written or announced.

    Raises OrderTooLarge, and InvalidInput, whose errors name each field by its path in the draft.
    """
    shares = (_LONGEST_SHARE,) * MOST_SHARES
    request = OrderRequest(
        version=DRAFT_VERSION,
        draft=draft,
        payments=shares,
        accepted_at=timezone.now(),
        fingerprint=rules.fingerprint(shares, total_minor=draft.totals.total_minor),
    )
    rules.check_fits(request)
    gateways.check_sendable(msgspec.to_builtins(request))


def send_request(request: OrderRequest) -> None:
    """Hand an accepted request to the queue, and a trace of it to another; it touches no database.

    Raises InvalidInput and OrderTooLarge for what could not become an order as it is, and
    TemporarilyUnavailable if the queue did not take it.
    """
    log_about(order_id=str(request.draft.id))
    rules.check_fits(request)
    try:
        gateways.send_to_queue(msgspec.to_builtins(request))
    except OrderTooLarge:
        raise
    except Exception as error:
        logger.exception("the orders queue did not take %s", request.draft.id)
        raise TemporarilyUnavailable from error
    if request.draft.channel != Channel.IMPORT:
        record_metric(Metric.ORDERS_ACCEPTED)
        send_trace_safely(order_id=request.draft.id, accepted_at=request.accepted_at)


def dead_letter(*, request: object, reason: str) -> None:
    """Set a message aside that no retry can help."""
    logger.error("an order message goes to the dead letters: %s", reason)
    gateways.send_to_dead_letters(
        {"request": request}, task=gateways.TASK, queue="orders", reason=reason
    )


def process_order(*, request: dict[str, Any]) -> UUID:
    """Make one order of one accepted request, however often the message comes.

    Raises MalformedRequest; GatewayUnavailable and database errors mean that it must come again.
    """
    accepted = _parse(request)
    log_about(order_id=str(accepted.draft.id))
    with one_wake():
        return _process(accepted)


def _process(accepted: OrderRequest) -> UUID:
    try:
        order, lines, payments = _write_order(accepted)
    except IntegrityError as error:
        return _explain(accepted, error)
    except DataError as error:
        return _refuse_for_good(accepted, error)
    except DomainError as refusal:
        return _record_rejection(accepted, refusal)
    if accepted.draft.channel != Channel.IMPORT:
        record_metric(Metric.ORDERS_PROCESSED)
        record_metric(Metric.ORDER_WAIT_SECONDS, value=_waited(accepted))
    if not _may_answer_late(accepted):
        take_payment(order, lines=lines, payments=payments)
    return order.id


def _may_answer_late(request: OrderRequest) -> bool:
    """Whether any of the gateways is asked over a network, so that no other order should wait for it."""
    return any(may_answer_late(gateway=share.gateway) for share in request.payments)


def _explain(accepted: OrderRequest, error: IntegrityError) -> UUID:
    """Do what a constraint that refused the order asks for; raises the error if that is to try again."""
    match broken_constraint(error):
        case "orders_order_pkey":
            return _resume(accepted)
        case "orders_order_one_per_cart_version":
            return _record_rejection(accepted, CartAlreadyOrdered())
        case _ if _is_for_good(error):
            return _refuse_for_good(accepted, error)
    raise error


def _is_for_good(error: IntegrityError) -> bool:
    """Whether no retry helps: the row itself breaks a rule, or what it points at is gone."""
    return broken_table(error) in _TABLES


def _refuse_for_good(request: OrderRequest, error: DatabaseError) -> UUID:
    """Record as rejected what the database can never take. Raises MalformedRequest if not even that."""
    refusal: DomainError = NotWritable(constraint=broken_constraint(error))
    customer_id = request.draft.customer_id
    if customer_id is not None and not is_customer(customer_id):
        refusal = CustomerGone()
        anonymous = msgspec.structs.replace(request.draft, customer_id=None)
        request = msgspec.structs.replace(request, draft=anonymous)
    logger.error("order %s can never be written: %s", request.draft.id, error)
    try:
        return _record_rejection(request, refusal)
    except (DataError, IntegrityError) as again:
        msg = f"the database can never take it: {again}"
        raise MalformedRequest(msg) from again


def _waited(request: OrderRequest) -> int:
    return max(0, int((timezone.now() - request.accepted_at).total_seconds()))


def _parse(request: dict[str, Any]) -> OrderRequest:
    try:
        accepted = msgspec.convert(rules.upgrade(request), OrderRequest)
    except msgspec.ValidationError as error:
        raise MalformedRequest(str(error)) from error
    rules.check_draft(accepted.draft)
    rules.check_shares(accepted)
    return accepted


@retry_deadlocks
def _write_order(request: OrderRequest) -> tuple[Order, list[OrderLine], list[Payment]]:
    """The order, its lines, its stock, what it has to pay and the news of it: all or nothing."""
    draft = request.draft
    order, lines = _insert_order(request, status=OrderStatus.PLACED)
    check_cart(draft)
    check_units_held(draft)
    reserve_stock(
        reference=order.id,
        quantities=quantities_of((line.sku, line.quantity) for line in draft.lines if line.stocked),
        expires_at=order.pay_by,
        country=draft.address.country,
    )
    payments = open_payments(
        reference=order.id,
        shares=request.payments,
        currency=draft.currency,
        payer_id=draft.customer_id,
    )
    announce_placed(order)
    if _may_answer_late(request):
        # In a lane of its own: no other order waits on this queue for the answer of a bank.
        announce_payment_due(order)
    return order, lines, payments


def _insert_order(
    request: OrderRequest, *, status: OrderStatus, reason: str = "", details: Any = None
) -> tuple[Order, list[OrderLine]]:
    draft = request.draft
    order = Order(
        **_columns_of(draft),
        status=status,
        reason=reason,
        reason_details=details or {},
        fingerprint=request.fingerprint,
        accepted_at=request.accepted_at,
        pay_by=_pay_by(request),
    )
    order.save(force_insert=True)
    lines = [
        OrderLine(
            order=order,
            position=position,
            currency=draft.currency,
            **{name: getattr(line, name) for name in _COLUMNS},
        )
        for position, line in enumerate(draft.lines)
    ]
    OrderLine.objects.bulk_create(lines)
    _insert_adjustments(order, draft=draft, lines=lines)
    return order, lines


def _insert_adjustments(order: Order, *, draft: OrderDraft, lines: list[OrderLine]) -> None:
    """Each part of an adjustment under its line, or under none for the shipping; mostly there are none."""
    parts: list[tuple[OrderLine | None, Adjustment]] = [
        *(
            (line, one)
            for line, drafted in zip(lines, draft.lines, strict=True)
            for one in drafted.adjustments
        ),
        *((None, one) for one in draft.shipping_adjustments),
    ]
    if parts:
        OrderAdjustment.objects.bulk_create(
            OrderAdjustment(
                order=order,
                line=line,
                position=position,
                currency=draft.currency,
                **msgspec.structs.asdict(one),
            )
            for position, (line, one) in enumerate(parts)
        )


def _pay_by(request: OrderRequest) -> datetime | None:
    """Until when its goods are kept for the payment; for one that was paid elsewhere, for good."""
    if request.draft.channel == Channel.IMPORT:
        return None
    is_known = not is_guests(request.draft)
    minutes = settings.RESERVATION_MINUTES if is_known else settings.GUEST_HOLD_MINUTES
    return request.accepted_at + timedelta(minutes=minutes)


def _columns_of(draft: OrderDraft) -> dict[str, Any]:
    copied = (
        "id", "channel", "customer_id", "email", "language", "market", "currency", "tax_included",
        "shipping_method", "shipping_name", "shipping_tax_rate", "cart_id", "cart_version",
    )  # fmt: skip
    return {
        **{name: getattr(draft, name) for name in copied},
        **msgspec.structs.asdict(draft.totals),
        "number": public_number(source=draft.id),
        "address": msgspec.to_builtins(draft.address),
    }


def _record_rejection(request: OrderRequest, refusal: DomainError) -> UUID:
    """Keep what was asked for and why it could not be, and tell the shopper; returns the order's id."""
    try:
        with transaction.atomic():
            order, _ = _insert_order(
                request,
                status=OrderStatus.REJECTED,
                reason=refusal.code,
                details=refusal.details,
            )
            announce_rejected(order)
    except IntegrityError as error:
        if broken_constraint(error) != "orders_order_pkey":
            raise
    return request.draft.id


def _resume(request: OrderRequest) -> UUID:
    """The order is there already: finish what was begun, or record that another body came late."""
    order = Order.objects.get(pk=request.draft.id)
    if order.fingerprint != request.fingerprint:
        PlacementConflict.objects.get_or_create(
            order=order,
            fingerprint=request.fingerprint,
            defaults={
                "gateway": ", ".join(share.gateway for share in request.payments),
                "accepted_at": request.accepted_at,
            },
        )
        return order.id
    if order.status == OrderStatus.PLACED and not _may_answer_late(request):
        lines = list(order.lines.order_by("position"))
        take_payment(order, lines=lines, payments=list(list_payments(order.id)))
    return order.id
