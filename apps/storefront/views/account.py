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
from apps.accounts.errors import LinkUsed
from apps.accounts.models import User, Wish
from apps.accounts.selectors import find_request, list_addresses
from apps.checkout.selectors import status_key_of
from apps.core.errors import InvalidInput, NotFound
from apps.orders.selectors import list_orders_of
from apps.payments.selectors import which_on_account
from apps.storefront.forms import AddressForm, FirstPasswordForm, SignUpForm
from apps.storefront.views.pages import home_of, keep_private, markets_of, render_page

ORDERS_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask for an account; the answer does not tell whether there is one already."""
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.request_access(
                wish=Wish.ACCOUNT, language=get_language() or "en", **form.cleaned_data
            )
        except InvalidInput as refusal:
            for field, messages in refusal.details["errors"].items():
                form.add_error(field, [gettext(message) for message in messages])
        else:
            return redirect("storefront:sign-up-sent")
    return _page(request, "storefront/sign_up.html", {"form": form}, failed=bool(form.errors))


@require_safe
def sign_up_sent(request: HttpRequest) -> HttpResponse:
    """Where to go on: in the mail."""
    return _page(request, "storefront/sign_up_sent.html", {})


@require_http_methods(["GET", "HEAD", "POST"])
def open_account(request: HttpRequest, key: str) -> HttpResponse:
    """Choose the first password, by the link in the mail, and be logged in."""
    form, is_open = FirstPasswordForm(request.POST or None), find_request(key) is not None
    if request.method == "POST" and form.is_valid():
        try:
            user = services.open_account(key=key, password=form.cleaned_data["password"])
        except InvalidInput as refusal:
            form.add_error("password", refusal.details["errors"]["password"])
        except LinkUsed:
            is_open = False
        else:
            login(request, user)
            return redirect("storefront:account")
    context = {"form": form, "is_open": is_open}
    return _page(request, "storefront/open_account.html", context, failed=bool(form.errors))


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
        initial={"country": home_of(request, market=market), "name": _customer(request).name},
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
