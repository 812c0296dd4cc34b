from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from apps.cart import services
from apps.cart.types import GUEST_COOKIE


def bring_cart_along(
    sender: type[AbstractBaseUser], *, request: HttpRequest, user: AbstractBaseUser, **_: Any
) -> None:
    """Django's log-in has no service of ours: what the guest chose goes to the account."""
    secret = request.get_signed_cookie(GUEST_COOKIE, default="", salt=GUEST_COOKIE)
    if secret:
        services.merge_carts(customer_id=user.pk, secret=secret)
