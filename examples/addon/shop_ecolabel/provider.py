"""Vouchers as a way to pay: a code that was signed with the issuer's key pays for one order.

The issuer's book is the table of redemptions, and each answer and its row are one transaction: this
provider never answers too late.
"""

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest, new

from django.db import IntegrityError, transaction

from apps.core.errors import broken_constraint
from apps.core.registry import Secret
from apps.core.types import Money
from apps.payments.registry import PaymentProvider
from apps.payments.types import (
    CheckoutOption,
    GatewayAnswer,
    GatewayRequest,
    Outcome,
    TransactionKind,
)
from shop_ecolabel.models import LONGEST_CODE, ONE_ORDER, Redemption


def code_for(serial: str, *, key: str) -> str:
    """The code that the issuer prints on the voucher of that serial number."""
    return f"{serial}-{new(key.encode(), serial.encode(), sha256).hexdigest()[:16]}"


class VoucherProvider(PaymentProvider):
    """Redeems a voucher for an order of any amount; the token is its code."""

    is_remote = False
    urls = "shop_ecolabel.urls"

    def __init__(self, *, key: Secret) -> None:
        self._key = key

    def option(
        self, *, amount: Money, payer_id: int | None, form: Mapping[str, str] | None = None
    ) -> CheckoutOption | None:
        """A field for the code, offered to everybody."""
        return CheckoutOption(template="payments/voucher/option.html", context={})

    def token_of(self, choice: str, *, form: Mapping[str, str]) -> str:
        """The code as typed, without spaces around it."""
        return form.get("voucher", "").strip()

    def accepts(self, token: str) -> bool:
        """Whether the issuer signed the code; whether it has paid before, `authorise` tells."""
        code = code_for(token.rpartition("-")[0], key=self._key)
        return len(token) <= LONGEST_CODE and compare_digest(token.encode(), code.encode())

    def authorise(self, request: GatewayRequest) -> GatewayAnswer:
        """Hold the voucher for one order; declined where it is held for, or has paid, another."""
        try:
            with transaction.atomic():
                redemption, _made = Redemption.objects.get_or_create(
                    payment_id=request.payment_id, defaults=_content(request)
                )
        except IntegrityError as error:
            if broken_constraint(error) != ONE_ORDER:
                raise
            return _refused("This voucher has paid for another order.")
        return _standing(redemption)

    @transaction.atomic
    def capture(self, request: GatewayRequest) -> GatewayAnswer:
        """Take the order's whole amount, once; declined where no voucher is held."""
        redemption = _locked(request)
        if redemption is None or redemption.released_by:
            return _refused("No voucher is held for this order.")
        if not redemption.captured_minor:
            redemption.captured_minor = request.amount.minor
            redemption.save(update_fields=["captured_minor"])
        return _standing(redemption)

    @transaction.atomic
    def void(self, request: GatewayRequest) -> GatewayAnswer:
        """Make the voucher good again; declined with `captured_minor` if it has paid."""
        # A row is left behind even where none is yet: an authorisation on its way must not hold it later.
        redemption, _made = Redemption.objects.select_for_update().get_or_create(
            payment_id=request.payment_id,
            defaults={**_content(request), "released_by": request.key},
        )
        if captured := redemption.captured_minor:
            return GatewayAnswer(outcome=Outcome.DECLINED, captured_minor=captured)
        _release(redemption, by=request.key)
        return _done(redemption)

    @transaction.atomic
    def refund(self, request: GatewayRequest) -> GatewayAnswer:
        """Make the voucher good again for a whole order that comes back; declined for a part."""
        redemption = _locked(request)
        if redemption is None or redemption.released_by not in {"", request.key}:
            return _refused("No voucher has paid for this order.")
        if request.amount.minor != redemption.captured_minor:
            return _refused("A voucher comes back for a whole order only.")
        _release(redemption, by=request.key)
        return _done(redemption)

    def fetch(self, request: GatewayRequest) -> GatewayAnswer | None:
        """What the book says of the request, by its `kind`."""
        redemption = Redemption.objects.filter(payment_id=request.payment_id).first()
        if redemption is None:
            return None
        if request.kind == TransactionKind.CAPTURE:
            return _standing(redemption) if redemption.captured_minor else None
        if request.kind == TransactionKind.VOID:
            return _done(redemption) if redemption.released_by else None
        if request.kind == TransactionKind.REFUND:
            return _done(redemption) if redemption.released_by == request.key else None
        return _standing(redemption)


def _content(request: GatewayRequest) -> dict[str, str]:
    return {"code": request.token, "currency": request.amount.currency}


def _locked(request: GatewayRequest) -> Redemption | None:
    rows = Redemption.objects.select_for_update()
    return rows.filter(payment_id=request.payment_id).first()


def _release(redemption: Redemption, *, by: str) -> None:
    if not redemption.released_by:
        redemption.released_by = by
        redemption.save(update_fields=["released_by"])


def _standing(redemption: Redemption) -> GatewayAnswer:
    if redemption.released_by and not redemption.captured_minor:
        return _refused("The voucher was let go of.")
    return _done(redemption)


def _done(redemption: Redemption) -> GatewayAnswer:
    captured = redemption.captured_minor
    return GatewayAnswer(
        outcome=Outcome.SUCCEEDED,
        reference=f"voucher:{redemption.payment_id}",
        captured_minor=captured,
        refunded_minor=captured if redemption.released_by else 0,
    )


def _refused(reason: str) -> GatewayAnswer:
    return GatewayAnswer(outcome=Outcome.DECLINED, reason=reason)
