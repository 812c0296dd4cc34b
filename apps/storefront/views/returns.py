"""Sending something back: for whoever holds the key of an order's status page."""

import logging
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from apps.checkout.selectors import track_order
from apps.core.errors import DomainError, NotFound
from apps.orders.models import Order
from apps.orders.selectors import find_order
from apps.refunds import services
from apps.refunds.models import RefundRequest
from apps.refunds.types import NewPicture, Requester
from apps.storefront.forms import ReturnForm
from apps.storefront.selectors import list_returnable
from apps.storefront.views.pages import keep_private, markets_of, render_page

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def send_back(request: HttpRequest, order_id: UUID, key: str) -> HttpResponse:
    """Choose what goes back and say why; the request then stands on the status page."""
    order = _order_of(order_id, key)
    lines = list_returnable(order)
    form = ReturnForm(request.POST or None, request.FILES or None, lines=lines)
    if request.method == "POST" and form.is_valid():
        pictures = _check_pictures(form)
        asked = None if pictures is None else _ask(request, form, order=order)
        if asked:
            status = reverse("storefront:order-status", args=[order_id, key])
            is_whole = _add_pictures(asked, pictures or [])
            return keep_private(redirect(status if is_whole else f"{status}?pictures=lost"))
    market, markets = markets_of(request)
    context = {
        "form": form,
        "order": order,
        "key": key,
        "goes_back_later": any(line.free_later for line in lines),
    }
    response = render_page(
        request,
        "storefront/send_back.html",
        context,
        market=market,
        markets=markets,
        status=422 if form.errors else 200,
    )
    return keep_private(response)


def _order_of(order_id: UUID, key: str) -> Order:
    try:
        track_order(order_id=order_id, key=key)
    except NotFound as error:
        raise Http404 from error
    order = find_order(order_id)
    if order is None:
        raise Http404
    return order


def _check_pictures(form: ReturnForm) -> list[NewPicture] | None:
    """The pictures, drawn anew; None if one is refused, and then the form says why."""
    try:
        return services.check_pictures([file.read() for file in form.cleaned_data["pictures"]])
    except DomainError as refusal:
        form.add_error("pictures", gettext(str(refusal)))
        return None


def _ask(request: HttpRequest, form: ReturnForm, *, order: Order) -> RefundRequest | None:
    """The request that was taken; None if it was refused, and then the form says why."""
    lines = form.asked_lines()
    is_owner = request.user.is_authenticated and request.user.pk == order.customer_id
    fields: dict[str, Any] = {"reason": lines[0].reason, "text": form.cleaned_data["text"]}
    try:
        return services.request_refund(
            order_id=order.pk,
            requested_by=Requester.CUSTOMER,
            actor_id=request.user.pk if is_owner else None,
            lines=lines,
            **fields,
        )
    except DomainError as refusal:
        form.add_error(None, gettext(str(refusal)))
        return None


def _add_pictures(asked: RefundRequest, pictures: list[NewPicture]) -> bool:
    """Whether the pictures stand beside the request; it stands without them too."""
    if not pictures:
        return True
    try:
        services.add_pictures(request_id=asked.pk, pictures=pictures)
    except Exception:
        logger.exception("the pictures of request %s were not kept", asked.pk)
        return False
    return True
