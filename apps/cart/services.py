"""Change carts. Each change raises the cart's version, so that a quote knows what it was made of."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.cart.errors import CartClosed, KeyReused, QuantityOutOfRange, UnknownSku
from apps.cart.models import MAX_QUANTITY, Cart, CartAddition, CartLine, CartStatus
from apps.cart.selectors import find_open_cart
from apps.cart.types import CartOwner
from apps.catalog.selectors import is_on_sale
from apps.core.errors import broken_constraint
from apps.core.models import new_id
from apps.core.rules import digest_of, searchable

logger = logging.getLogger(__name__)

# Another tab may open a cart, or order it, between our look and our change; hardly twice.
_MERGE_ATTEMPTS = 3
# Nobody repeats an addition after a day because its answer was lost.
_KEYS_KEPT = timedelta(days=1)

_ADD = """
INSERT INTO cart_cartline (cart_id, sku, quantity, created_at, updated_at)
VALUES (%s, %s, %s, now(), now())
ON CONFLICT (cart_id, sku)
DO UPDATE SET quantity = LEAST(cart_cartline.quantity + EXCLUDED.quantity, %s), updated_at = now()
"""


def open_cart(*, owner: CartOwner) -> Cart:
    """The owner's open cart, made if there is none; two first clicks at once make one."""
    if cart := find_open_cart(owner):
        return cart
    digest = digest_of(text=owner.secret) if owner.secret and not owner.customer_id else ""
    try:
        with transaction.atomic():
            return Cart.objects.create(
                id=new_id(), customer_id=owner.customer_id, holder_digest=digest
            )
    except IntegrityError:
        cart = find_open_cart(owner)
        if cart is None:
            raise
        return cart


@transaction.atomic
def add_to_cart(*, cart_id: UUID, sku: str, quantity: int, key: str = "") -> None:
    """Put more of a variant into the cart, at most 9,999; under the same key of the sender once a day.

    Raises UnknownSku, QuantityOutOfRange, CartClosed, KeyReused.
    """
    _check_quantity(quantity)
    sku = searchable(sku)
    if key and not _is_first(cart_id, key=key, sku=sku, quantity=quantity):
        return
    if not is_on_sale(sku):
        raise UnknownSku(sku=sku)
    _raise_version(cart_id)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [cart_id, sku, quantity, MAX_QUANTITY])


def _is_first(cart_id: UUID, *, key: str, sku: str, quantity: int) -> bool:
    """Remember an addition; False if it was made before. Two at once wait for one another."""
    made = CartAddition.objects.filter(cart=cart_id)
    made.filter(created_at__lt=timezone.now() - _KEYS_KEPT).delete()
    sku = sku[:64]
    addition, is_new = made.get_or_create(
        key_digest=digest_of(text=key),
        defaults={"cart_id": cart_id, "sku": sku, "quantity": quantity},
    )
    if (addition.sku, addition.quantity) != (sku, quantity):
        raise KeyReused
    return is_new


@transaction.atomic
def set_quantity(*, cart_id: UUID, sku: str, quantity: int) -> None:
    """Change how many of a line; zero removes it.

    Raises UnknownSku if there is no such line, QuantityOutOfRange, CartClosed.
    """
    if quantity != 0:
        _check_quantity(quantity)
    _raise_version(cart_id)
    lines = CartLine.objects.filter(cart=cart_id, variant__sku=searchable(sku))
    changed = lines.update(quantity=quantity) if quantity else lines.delete()[0]
    if not changed:
        raise UnknownSku(sku=sku)


@transaction.atomic
def put_line(*, cart_id: UUID, sku: str, quantity: int) -> bool:
    """Let the cart hold so many of a variant, at least one; True if it held none before.

    A repeat changes nothing but the version. Raises UnknownSku, QuantityOutOfRange, CartClosed.
    """
    _check_quantity(quantity)
    sku = searchable(sku)
    _raise_version(cart_id)
    lines = CartLine.objects.filter(cart=cart_id, variant__sku=sku)
    if lines.update(quantity=quantity):
        return False
    if not is_on_sale(sku):
        raise UnknownSku(sku=sku)
    CartLine.objects.create(cart_id=cart_id, variant_id=sku, quantity=quantity)
    return True


@transaction.atomic
def merge_carts(*, customer_id: int, secret: str) -> None:
    """Bring a guest's cart to the account at log-in; of each variant the larger quantity stays."""
    guest = (
        Cart.objects.select_for_update()
        .filter(holder_digest=digest_of(text=secret), customer=None, status=CartStatus.OPEN)
        .first()
    )
    if guest is None:
        return
    for _ in range(_MERGE_ATTEMPTS):
        own = find_open_cart(CartOwner(customer_id=customer_id))
        if _pour(guest, own=own) if own else _adopt(guest, customer_id=customer_id):
            return
    logger.warning("cart %s stays a guest's: the account's was opened and ordered", guest.pk)


def _adopt(guest: Cart, *, customer_id: int) -> bool:
    """Make it the account's own cart; False if one was opened meanwhile, in another tab."""
    try:
        with transaction.atomic():
            Cart.objects.filter(pk=guest.pk).update(
                customer=customer_id, holder_digest="", version=F("version") + 1
            )
    except IntegrityError as error:
        if broken_constraint(error) != "cart_cart_one_open_per_customer":
            raise
        return False
    return True


def _pour(guest: Cart, *, own: Cart) -> bool:
    """Put a guest's lines into the account's cart; False if that was ordered meanwhile."""
    try:
        _raise_version(own.pk)
    except CartClosed:
        return False
    CartLine.objects.bulk_create(
        [
            CartLine(cart=own, variant_id=line.variant_id, quantity=line.quantity)
            for line in _larger_lines(guest=guest, own=own)
        ],
        update_conflicts=True,
        unique_fields=["cart", "variant"],
        update_fields=["quantity"],
    )
    Cart.objects.filter(pk=guest.pk).update(status=CartStatus.MERGED)
    return True


def _larger_lines(*, guest: Cart, own: Cart) -> list[CartLine]:
    kept = dict(own.lines.values_list("variant__sku", "quantity"))
    return [line for line in guest.lines.all() if line.quantity > kept.get(line.variant_id, 0)]


def close_cart(*, cart_id: UUID, version: int) -> None:
    """The cart was ordered as it stood in this version; a cart changed since stays open."""
    Cart.objects.filter(pk=cart_id, version=version, status=CartStatus.OPEN).update(
        status=CartStatus.ORDERED
    )


def reopen_cart(*, cart_id: UUID) -> None:
    """Give a rejected order's cart back, unless its owner has begun another."""
    try:
        with transaction.atomic():
            Cart.objects.filter(pk=cart_id, status=CartStatus.ORDERED).update(
                status=CartStatus.OPEN
            )
    except IntegrityError:
        return


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise QuantityOutOfRange(quantity=quantity)


def _raise_version(cart_id: UUID) -> None:
    open_one = Cart.objects.filter(pk=cart_id, status=CartStatus.OPEN)
    if not open_one.update(version=F("version") + 1, updated_at=timezone.now()):
        raise CartClosed
