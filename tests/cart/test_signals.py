"""What a guest chose comes along when they log in."""

import pytest
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.core.signing import get_cookie_signer
from django.http import HttpRequest
from django.test import RequestFactory

from apps.cart.models import Cart
from apps.cart.services import add_to_cart, open_cart
from apps.cart.types import GUEST_COOKIE, CartOwner
from tests.factories.accounts import UserFactory
from tests.factories.catalog import VariantFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def request_with(cookie: str) -> HttpRequest:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    if cookie:
        request.COOKIES[GUEST_COOKIE] = cookie
    return request


def signed(secret: str) -> str:
    return get_cookie_signer(salt=GUEST_COOKIE + GUEST_COOKIE).sign(secret)


class TestBringCartAlong:
    def guest_cart(self) -> Cart:
        cart = open_cart(owner=CartOwner(secret="s" * 20))
        add_to_cart(cart_id=cart.pk, sku=VariantFactory.create().sku, quantity=2)
        return cart

    def test_hands_the_guests_cart_to_the_account(self) -> None:
        cart, customer = self.guest_cart(), UserFactory.create()

        login(request_with(signed("s" * 20)), customer, backend=BACKEND)

        cart.refresh_from_db()
        assert cart.customer == customer

    @pytest.mark.parametrize("cookie", ["", "forged", f"{'s' * 20}:forged"])
    def test_believes_no_cookie_that_the_shop_did_not_sign(self, cookie: str) -> None:
        cart, customer = self.guest_cart(), UserFactory.create()

        login(request_with(cookie), customer, backend=BACKEND)

        cart.refresh_from_db()
        assert cart.customer is None
