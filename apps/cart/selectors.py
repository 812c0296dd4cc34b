"""Questions about carts."""

from uuid import UUID

from apps.cart.errors import CartNotFound
from apps.cart.models import Cart, CartLine, CartStatus
from apps.cart.types import CartItem, CartOwner, PricedCart
from apps.catalog.models import PublicationState
from apps.catalog.selectors import first_images
from apps.catalog.types import ShownPicture
from apps.core.rules import digest_of
from apps.core.types import Money
from apps.inventory.selectors import availability
from apps.inventory.types import Availability
from apps.pricing.selectors import find_prices, line_amount
from apps.pricing.types import PriceContext


def find_open_cart(owner: CartOwner) -> Cart | None:
    """The cart the owner is filling, if any."""
    carts = Cart.objects.filter(status=CartStatus.OPEN)
    if owner.customer_id:
        return carts.filter(customer=owner.customer_id).first()
    if owner.secret:
        return carts.filter(customer=None, holder_digest=digest_of(text=owner.secret)).first()
    return None


def get_cart_of(owner: CartOwner, *, cart_id: UUID) -> Cart:
    """A cart that belongs to the owner; anybody else's does not exist. Raises CartNotFound."""
    cart = Cart.objects.filter(pk=cart_id).first()
    if cart is None:
        raise CartNotFound
    if cart.customer_id is not None:
        belongs = cart.customer_id == owner.customer_id
    else:
        belongs = bool(owner.secret) and cart.holder_digest == digest_of(text=owner.secret)
    if not belongs:
        raise CartNotFound
    return cart


def price_cart(cart: Cart, *, context: PriceContext) -> PricedCart:
    """The cart at the context's prices and today's stock, in four queries however many lines."""
    lines = list(
        CartLine.objects.filter(cart=cart).select_related("variant__product").order_by("id")
    )
    skus = [line.variant_id for line in lines]
    prices = find_prices(skus, context=context)
    stock = availability(skus)
    images = first_images([line.variant.product_id for line in lines])
    items = []
    for line in lines:
        product = line.variant.product
        sold = line.variant.is_active and product.state == PublicationState.PUBLISHED
        unit_price = prices.get(line.variant_id) if sold else None
        kept = stock.get(line.variant_id, Availability())
        items.append(
            CartItem(
                sku=line.variant_id,
                product_slug=product.slug,
                title=product.localized("name"),
                options=line.variant.localized("option_text"),
                image=images.get(product.pk, ShownPicture()),
                quantity=line.quantity,
                unit_price=unit_price,
                amount=None
                if unit_price is None
                else line_amount(
                    unit_price=unit_price, quantity=line.quantity, currency=context.currency
                ),
                free_units=kept.free,
                backorder_left=kept.backorder_left,
                weight_grams=line.variant.weight_grams,
                tax_class=line.variant.tax_class,
            )
        )
    subtotal = sum((item.amount.minor for item in items if item.amount), 0)
    return PricedCart(
        id=cart.pk,
        version=cart.version,
        context=context,
        items=tuple(items),
        subtotal=Money(subtotal, context.currency),
    )
