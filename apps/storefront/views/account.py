"""A customer's own pages: sign-up, orders and addresses."""

from contextlib import suppress
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.selectors import list_addresses
from apps.checkout.selectors import status_key_of
from apps.core.errors import DomainError, NotFound
from apps.orders.selectors import list_orders_of
from apps.payments.selectors import which_on_account
from apps.storefront.forms import AddressForm, SignUpForm
from apps.storefront.views.pages import keep_private, markets_of, render_page

ORDERS_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Open an account and be logged in to it."""
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.register_customer(**form.cleaned_data, language=get_language() or "en")
        except DomainError as refusal:
            _explain(form, refusal)
        else:
            login(request, user)
            return redirect("storefront:account")
    return _page(request, "storefront/sign_up.html", {"form": form}, failed=bool(form.errors))


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """The customer's orders and addresses."""
    customer = _customer(request)
    orders = list(list_orders_of(customer.pk)[:ORDERS_SHOWN])
    owed = which_on_account([order.pk for order in orders])
    context = {
        "orders": [
            {"order": order, "key": status_key_of(order.pk), "on_account": order.pk in owed}
            for order in orders
        ],
        "addresses": list_addresses(customer),
    }
    return _page(request, "storefront/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add_address(request: HttpRequest) -> HttpResponse:
    """Add an address to the book."""
    market, _ = markets_of(request)
    form = AddressForm(
        request.POST or None,
        country_codes=market.countries,
        initial={"country": market.countries[0], "name": _customer(request).name},
    )
    if request.method == "POST" and form.is_valid():
        services.save_address(
            customer_id=_customer(request).pk, address=form.cleaned_data["address"]
        )
        return redirect("storefront:account")
    return _page(request, "storefront/address.html", {"form": form}, failed=bool(form.errors))


@require_POST
@login_required
def delete_address(request: HttpRequest, address_id: int) -> HttpResponse:
    """Take an address out of the book; one that is gone already is no problem."""
    with suppress(NotFound):
        services.delete_address(customer_id=_customer(request).pk, address_id=address_id)
    return redirect("storefront:account")


def _customer(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _explain(form: SignUpForm, refusal: DomainError) -> None:
    for field, messages in refusal.details.get("errors", {"email": [str(refusal)]}).items():
        form.add_error(field, [gettext(message) for message in messages])


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], *, failed: bool = False
) -> HttpResponse:
    market, markets = markets_of(request)
    return keep_private(
        render_page(
            request,
            template,
            context,
            market=market,
            markets=markets,
            status=422 if failed else 200,
        )
    )
