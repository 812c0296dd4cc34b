"""Write messages to people in their language, keep them, and send each once."""

from collections.abc import Iterator, Mapping
from urllib.parse import urljoin
from uuid import UUID

from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django_countries import countries

from apps.accounts.models import Wish
from apps.accounts.selectors import find_access_request, find_customer, key_of_request
from apps.checkout.selectors import amount_due, status_key_of
from apps.core.errors import broken_constraint
from apps.core.models import new_id
from apps.core.selectors import brand, money_text, page_address
from apps.core.types import Money
from apps.events.services import publish
from apps.notifications import gateways
from apps.notifications.events import MessageQueued
from apps.notifications.models import Kind, Message, SendingState
from apps.notifications.registry import notification_channels
from apps.notifications.types import WrittenMessage
from apps.orders.models import Order, OrderLine
from apps.orders.selectors import adjustments_of, find_order
from apps.orders.types import Channel
from apps.payments.selectors import get_standing, list_credit_invoices
from apps.payments.types import Standing
from apps.refunds.models import Refund
from apps.refunds.selectors import find_refund, return_address


def write_order_message(
    *, order_id: UUID, kind: Kind, about: str = "", fact: object = None
) -> None:
    """Write the message of this kind about an order, once for each channel, and announce that it may leave.

    `about` names what of the order it is about if there can be several; `fact` is what happened.
    """
    order = find_order(order_id)
    if order is None or order.channel == Channel.IMPORT or order.erased_at:
        return
    with translation.override(order.language):
        context = {**_context_of(order), "fact": fact}
        folder = f"notifications/{kind.value}"
        subject = " ".join(render_to_string(f"{folder}.subject.txt", context).split())
        text = render_to_string(f"{folder}.txt", context).strip() + "\n"
        html = render_to_string(f"{folder}.html", context)
    for channel, recipient in _recipients(order):
        _queue(
            Message(
                id=new_id(),
                kind=kind,
                reference=about or str(order.pk),
                channel=channel,
                recipient=recipient,
                language=order.language,
                subject=subject,
                text=text,
                html=html,
            )
        )


def _recipients(order: Order) -> Iterator[tuple[str, str]]:
    """By which channels the shopper can be told, and where each writes to."""
    known = {"email": order.email, "phone": order.ship_to.phone}
    for name in notification_channels.names:
        if recipient := known[notification_channels.get(name).writes_to]:
            yield name, recipient


def _queue(message: Message) -> None:
    """Keep a message and announce it, unless its twin was written before."""
    try:
        with transaction.atomic():
            message.save(force_insert=True)
            publish(MessageQueued(message_id=str(message.pk)))
    except IntegrityError as error:
        if broken_constraint(error) != "notifications_message_once_per_kind":
            raise


def write_units_cancelled(*, order_id: UUID, version: int, units: Mapping[str, int]) -> None:
    """Write which units (by line id) of an order will not come; once per version of the order."""
    lines = OrderLine.objects.filter(order=order_id, pk__in=units).order_by("position")
    fact = {"lines": [{"quantity": units[str(one.pk)], "title": one.title} for one in lines]}
    write_order_message(
        order_id=order_id, kind=Kind.UNITS_CANCELLED, about=f"{order_id}:{version}", fact=fact
    )


def write_refund_message(*, refund_id: UUID, kind: Kind) -> None:
    """Write what of an order's refund was decided or paid, once; a credit without a sale has no reader."""
    refund = find_refund(refund_id)
    if refund is None or refund.order is None:
        return
    with translation.override(refund.order.language):
        fact = {
            "amount": money_text(refund.amount),
            "lines": [
                {"quantity": line.quantity, "title": line.order_line.title}
                for line in refund.lines.all()
                if line.order_line
            ],
            "note": refund.paid_note,
            "send_to": return_address(market=refund.order.market) if refund.awaits_goods else (),
        }
    about = _about_payment(refund) if kind == Kind.REFUND_PAID else str(refund_id)
    write_order_message(order_id=refund.order.pk, kind=kind, about=about, fact=fact)


def _about_payment(refund: Refund) -> str:
    """Money that came back and was sent once more, or went another way, is news again."""
    about = str(refund.pk) if refund.attempt == 1 else f"{refund.pk}:{refund.attempt}"
    return f"{about}:otherwise" if refund.paid_note else about


def send_message(*, message_id: UUID) -> None:
    """Send a queued message. A crash on the way leaves it `sending`: rather unsent than sent twice.

    Raises what the channel raises, after putting the message back into the queue.
    """
    waiting = Message.objects.filter(pk=message_id, state=SendingState.QUEUED)
    if not waiting.update(state=SendingState.SENDING):
        return
    message = Message.objects.get(pk=message_id)
    try:
        notification_channels.get(message.channel).send(
            WrittenMessage(
                id=str(message.pk),
                kind=message.kind,
                recipient=message.recipient,
                language=message.language,
                subject=message.subject,
                text=message.text,
                html=message.html,
            )
        )
    except Exception as error:
        Message.objects.filter(pk=message_id).update(
            state=SendingState.QUEUED, error=repr(error)[:2000]
        )
        raise
    Message.objects.filter(pk=message_id).update(
        state=SendingState.SENT, sent_at=timezone.now(), error=""
    )


def answer_access_request(*, request_id: UUID) -> None:
    """Mail the owner of an address the link they asked for, or what became of their account.

    The mail is kept nowhere: whoever reads its link is in. A repeat sends another that works as well.
    Raises what the mail backend raises.
    """
    request = find_access_request(request_id)
    if request is None:
        return
    user = find_customer(email=request.email)
    if user is None:
        if request.wish == Wish.ACCOUNT:
            _mail_link(
                "account_open",
                recipient=request.email,
                language=request.language,
                link=page_address("open_account", key_of_request(request)),
            )
    elif user.is_active and user.has_usable_password():
        parts = [
            urlsafe_base64_encode(force_bytes(user.pk)),
            default_token_generator.make_token(user),
        ]
        template = "account_there" if request.wish == Wish.ACCOUNT else "password_reset"
        link = page_address("choose_password", *parts)
        _mail_link(template, recipient=user.email, language=user.language, link=link)


def _mail_link(template: str, *, recipient: str, language: str, link: str) -> None:
    with translation.override(language):
        context = {"shop": brand().name, "link": link}
        subject = render_to_string(f"notifications/{template}.subject.txt", context)
        text = render_to_string(f"notifications/{template}.txt", context)
    gateways.send_text(recipient=recipient, subject=" ".join(subject.split()), text=text.strip())


@transaction.atomic
def resend_message(*, message_id: UUID, actor_id: int | None) -> None:
    """Let a message leave once more, because a member of staff says so."""
    Message.objects.filter(pk=message_id).update(state=SendingState.QUEUED)
    publish(MessageQueued(message_id=str(message_id)), actor_id=actor_id)


def _context_of(order: Order) -> dict[str, object]:
    standing = get_standing(order.pk, total=order.total)
    amounts = {
        shown: money_text(Money(getattr(order, f"{part}_minor"), order.currency))
        for shown, part in (
            ("items", "lines"), ("shipping", "shipping"), ("tax", "tax"), ("total", "total"),
        )
    }  # fmt: skip
    return {
        "order": order,
        "lines": [
            {"line": line, "amount": money_text(line.amount)}
            for line in sorted(order.lines.all(), key=lambda line: line.position)
        ],
        "adjustments": [
            {"label": one.label, "amount": money_text(Money(one.amount_minor, order.currency))}
            for one in adjustments_of(order)
        ],
        "shop": brand().name,
        "pay_by": order.pay_by,
        "status_url": page_address(
            "order",
            order.pk,
            status_key_of(order.pk),
            localization=order.localization,
        ),
        "pay_url": urljoin(brand().origin, order.action_url) if order.action_url else "",
        **amounts,
        **_terms_of(order, standing=standing),
        "due": amount_due(standing, currency=order.currency),
        "rest": money_text(Money(standing.due_minor, order.currency)),
    }


def _terms_of(order: Order, *, standing: Standing) -> dict[str, object]:
    """Whether the order was paid, or is owed on account; an order that was not taken is neither.

    The address comes along once money is held: before, anybody may write anything there, and have us mail
    it to anybody.
    """
    is_backed = standing.held_minor > 0
    is_on_account = standing.is_on_account
    owed = list_credit_invoices(order.pk) if is_on_account else []
    return {
        "address": order.ship_to if is_backed else None,
        "country": str(countries.name(order.ship_to.country)) if is_backed else "",
        "was_paid": standing.captured_minor > 0,
        "on_account": is_on_account,
        "due_on": owed[0].due_on if owed else None,
    }
