"""Why a refund is not what was paid for its units and its shipping, row by row."""

from collections.abc import Sequence

import msgspec
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from apps.orders.types import Channel
from apps.pricing.types import Adjustment, AdjustmentScope
from apps.refunds.models import Refund, RefundAdjustment, RefundLine
from apps.refunds.types import AdjustmentCode

_WORDS = {
    AdjustmentCode.GOODWILL: gettext_noop("Goodwill"),
    AdjustmentCode.AGREED: gettext_noop("Agreed otherwise"),
    AdjustmentCode.SHORT: gettext_noop("As far as the money of the order lasts"),
}


def adjust_refund(
    refund: Refund,
    *,
    lines: Sequence[RefundLine],
    deviation: AdjustmentCode,
    goodwill_minor: int,
) -> None:
    """Write what the lines give back beside what was paid for them, and goodwill; mostly there is neither.

    Goodwill is in minor units and contains tax.
    """
    parts: list[tuple[RefundLine | None, Adjustment]] = [
        (line, _adjustment(refund, code=deviation, minor=line.amount_minor - line.paid_minor))
        for line in lines
        if line.amount_minor != line.paid_minor
    ]
    if goodwill_minor:
        given = _adjustment(refund, code=AdjustmentCode.GOODWILL, minor=goodwill_minor)
        parts.append((None, given))
    if parts:
        RefundAdjustment.objects.bulk_create(
            RefundAdjustment(
                refund=refund,
                line=line,
                position=position,
                currency=refund.currency,
                **msgspec.structs.asdict(one),
            )
            for position, (line, one) in enumerate(parts)
        )


def _adjustment(refund: Refund, *, code: AdjustmentCode, minor: int) -> Adjustment:
    is_goodwill = code == AdjustmentCode.GOODWILL
    with translation.override(refund.order.language if refund.order else None):
        return Adjustment(
            code=code,
            label=gettext(_WORDS[code]),
            scope=AdjustmentScope.ORDER if is_goodwill else AdjustmentScope.LINE,
            amount_minor=minor,
            reason=refund.reason,
            source=_source_of(refund),
        )


def _source_of(refund: Refund) -> str:
    """Who decided: a colleague, the service that an order was imported from, or the shop by its rules."""
    if refund.granted_by:
        return f"staff:{refund.granted_by}"
    return "import" if refund.order and refund.order.channel == Channel.IMPORT else "shop"
