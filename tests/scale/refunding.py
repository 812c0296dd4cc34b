"""Whole lines that were paid back, with the postage if the order was cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.notifications.models import Kind
from apps.payments.events import PaymentRefunded
from apps.refunds.events import RefundApproved, RefundLineFact, RefundPaid
from tests.scale.desk import GATEWAY, TOLD, Desk
from tests.scale.sales import Sale, Sold


@dataclass(frozen=True, kw_only=True, slots=True)
class Back:
    """What goes back for a sale, when and why; `invoice` is the id and the number of its invoice."""

    sale: Sale
    id: str
    lines: Sequence[Sold]
    at: datetime
    reason: str
    is_cancellation: bool
    invoice: tuple[str, str]

    @property
    def kind(self) -> str:
        return "cancellation" if self.is_cancellation else "return"

    @property
    def reference(self) -> str:
        """What it was asked under."""
        return f"cancelled:{self.sale.id}" if self.is_cancellation else f"return:{self.id}"

    @property
    def goods_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def amount_minor(self) -> int:
        """All of it, tax included."""
        return self.goods_minor + (self.sale.postage_minor if self.is_cancellation else 0)


def pay_back(desk: Desk, back: Back) -> None:
    """The refund was granted, paid, told and credited; what came back by parcel is on the shelf."""
    _write(desk, back)
    if not back.is_cancellation:
        _restock(desk, back)
    for outcome in ("claimed", "succeeded"):
        desk.answer(
            back.sale,
            "refund",
            outcome,
            amount_minor=back.amount_minor,
            at=back.at + TOLD,
            of=back.id,
        )
    _tell(desk, back)
    desk.papers.credit(
        back.sale,
        refund_id=back.id,
        invoice=back.invoice,
        back=back.lines,
        with_postage=back.is_cancellation,
        at=back.at + TOLD,
    )


def _write(desk: Desk, back: Back) -> None:
    sale, paid_at = back.sale, back.at + TOLD
    desk.tables.refunds.add(
        *(back.id, sale.id, back.reference, back.kind, sale.buyer.email, back.amount_minor),
        *(back.goods_minor, back.amount_minor - back.goods_minor, back.reason, paid_at),
        *(back.at, paid_at),
    )
    for line in back.lines:
        desk.tables.refund_lines.add(
            *(back.id, line.id, line.item.sku, line.quantity, line.total_minor, line.total_minor),
            line.tax_minor,
            not back.is_cancellation,
        )


def _restock(desk: Desk, back: Back) -> None:
    for line in back.lines:
        sku, reference = line.item.sku, f"refund:{back.id}"
        desk.tables.movements.add(sku, line.quantity, "returned", reference, back.at)
        desk.stock[sku].on_hand += line.quantity


def _tell(desk: Desk, back: Back) -> None:
    sale, paid_at = back.sale, back.at + TOLD
    desk.news.announce(_approved(desk, back), at=back.at)
    if not back.is_cancellation:
        desk.papers.mail(sale, Kind.REFUND_APPROVED, at=paid_at, about=back.id)
    refunded = PaymentRefunded(
        payment_id=sale.payment_id,
        reference=sale.id,
        gateway=GATEWAY,
        amount=desk.money(back.amount_minor),
        refund_key=back.id,
    )
    desk.news.announce(refunded, at=paid_at)
    desk.news.announce(RefundPaid(refund_id=back.id, order_id=sale.id), at=paid_at + TOLD)
    desk.papers.mail(sale, Kind.REFUND_PAID, at=paid_at + TOLD, about=back.id)


def _approved(desk: Desk, back: Back) -> RefundApproved:
    return RefundApproved(
        refund_id=back.id,
        order_id=back.sale.id,
        number=back.sale.number,
        amount=desk.money(back.amount_minor),
        reason=back.reason,
        kind=back.kind,
        lines=tuple(
            RefundLineFact(
                sku=line.item.sku,
                title=line.item.title,
                quantity=line.quantity,
                restocked=not back.is_cancellation,
            )
            for line in back.lines
        ),
    )
