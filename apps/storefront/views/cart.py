"""The cart: every change is a plain form, and answers a script with the cart's new state."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.cart import services
from apps.cart.models import Cart
from apps.cart.selectors import find_open_cart, price_cart
from apps.cart.types import PricedCart
from apps.core.errors import DomainError
from apps.pricing.models import Market
from apps.storefront.views.catalogue import render_product
from apps.storefront.views.pages import (
    keep_private,
    markets_of,
    owner_of,
    prices_for,
    remember,
    render_page,
    show_count,
    with_secret,
)


@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """What is in the cart, at today's prices and stock."""
    return _render_cart(request)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put a variant into the cart; a refusal shows the product again with the reason."""
    owner = with_secret(owner_of(request))
    sku = request.POST.get("sku", "")[:64]
    try:
        opened = services.open_cart(owner=owner)
        services.add_to_cart(
            cart_id=opened.pk,
            sku=sku,
            quantity=_quantity(request.POST.get("quantity", "1")),
            key=request.POST.get("key", ""),
        )
    except DomainError as refusal:
        return render_product(
            request,
            slug=request.POST.get("product", "")[:200],
            chosen=sku,
            problem=str(refusal),
            status=refusal.status,
        )
    response = redirect("storefront:cart")
    remember(response, secret=owner.secret, request=request)
    return response


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Set a line's quantity; zero removes it, and the page offers to bring it back."""
    opened = find_open_cart(owner_of(request))
    if opened is None:
        return redirect("storefront:cart")
    sku = request.POST.get("sku", "")[:64]
    quantity = _quantity(request.POST.get("quantity", ""))
    previous = _quantity(request.POST.get("previous", "0"))
    try:
        services.set_quantity(cart_id=opened.pk, sku=sku, quantity=quantity)
    except DomainError as refusal:
        return _render_cart(request, problem=str(refusal), status=refusal.status)
    if request.htmx:  # type: ignore[attr-defined]
        undo = {"sku": sku, "quantity": previous} if quantity == 0 and previous > 0 else None
        return _render_cart(request, cart=opened, undo=undo)
    if quantity == 0 and previous > 0:
        undo_by = urlencode({"removed": sku, "quantity": previous})
        return redirect(f"{reverse('storefront:cart')}?{undo_by}")
    return redirect("storefront:cart")


def load_cart(request: HttpRequest, *, market: Market) -> PricedCart | None:
    """The shopper's open cart, priced for the market."""
    owner = owner_of(request)
    opened = find_open_cart(owner)
    return price_cart(opened, context=prices_for(owner, market=market)) if opened else None


def _render_cart(
    request: HttpRequest,
    *,
    cart: Cart | None = None,
    problem: str = "",
    undo: dict[str, object] | None = None,
    status: int = 200,
) -> HttpResponse:
    market, markets = markets_of(request)
    owner = owner_of(request)
    opened = cart or find_open_cart(owner)
    priced = price_cart(opened, context=prices_for(owner, market=market)) if opened else None
    if undo is None and (removed := request.GET.get("removed", "")[:64]):
        undo = {"sku": removed, "quantity": max(1, _quantity(request.GET.get("quantity", "1")))}
    page = {"cart": priced, "problem": problem, "undo": undo}
    if request.htmx:  # type: ignore[attr-defined]
        # The script takes only the cart out of the answer: it needs no shelves around it.
        response = render(request, "storefront/cart.html", page | {"market": market}, status=status)
    else:
        response = render_page(
            request, "storefront/cart.html", page, market=market, markets=markets, status=status
        )
    show_count(response, count=priced.count if priced else 0, request=request)
    return keep_private(response)


def _quantity(text: str) -> int:
    """The number typed, or -1, which every rule refuses."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else -1
