"""Who gets in where: every request of the API as every kind of caller, each answer as the table says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Scope, User
from apps.accounts.services import TokenPair, issue_api_key, log_in_for_tokens
from apps.cart.types import CartOwner
from apps.checkout.selectors import status_key_of
from apps.checkout.services import place
from apps.checkout.types import SignedQuote
from ecommerce.api import urlpatterns
from tests.checkout.shoppers import fill_cart, quote_cart
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.checkout import ways
from tests.queues import Queues

GUEST, ANOTHER = (f"{name} guest's secret of enough letters" for name in ("a", "another"))
HOLDERS = {"guest", "mixed"}
CUSTOMERS = {"owner", "other customer", "staff", "mixed"}
GOOD = HOLDERS | CUSTOMERS | {"anonymous", "other guest", "partner", "unknown key"}
BAD = {"key as bearer", "forged", "unsigned", "expired", "refresh", "other issuer", "garbage"}
CALLERS = sorted(GOOD | BAD)


@dataclass(frozen=True)
class Ask:
    """A request; what it is answered to whom it is open, to all others, and to tokens that are none."""

    method: str
    path: str
    body: Any = None
    open_to: frozenset[str] = frozenset(GOOD)
    opened: int = 200
    closed: int = 404
    bad: int = 401

    def expected(self, caller: str) -> int:
        if caller in self.open_to:
            return self.opened
        return self.bad if caller in BAD else self.closed


@dataclass(frozen=True)
class World:
    """What there is to get at: of a customer and of a guest a cart, a quote and a paid order."""

    owner: User
    carts: dict[str, str]
    quotes: dict[str, SignedQuote]
    orders: dict[str, str]
    keys: dict[str, str]


@pytest.fixture
def world(queues: Queues) -> World:
    owner = UserFactory.create()
    whose = {"owner": CartOwner(customer_id=owner.pk), "guest": CartOwner(secret=GUEST)}
    orders = {}
    for name, cart_owner in whose.items():
        placed = place(
            document=quote_cart(owner=cart_owner).document,
            payments=ways("tok_success"),
            now=timezone.now(),
            customer_id=cart_owner.customer_id,
            secret=cart_owner.secret,
        )
        orders[name] = placed.order_id
    queues.run("orders")
    carts = {name: fill_cart(owner=cart_owner) for name, cart_owner in whose.items()}
    return World(
        owner=owner,
        carts={name: str(cart) for name, cart in carts.items()},
        quotes={name: quote_cart(carts[name], owner=one) for name, one in whose.items()},
        orders={name: str(order) for name, order in orders.items()},
        keys={name: status_key_of(order) for name, order in orders.items()},
    )


def tokens_of(user: User) -> TokenPair:
    return log_in_for_tokens(email=user.email, password=PASSWORD)


def changed(token: str, *, key: str | None = None, **claims: Any) -> str:
    """A token of ours with other claims, signed by whoever has the key."""
    told = jwt.decode(token, options={"verify_signature": False}) | claims
    return jwt.encode(told, key or settings.SECRET_KEY, algorithm="HS256")


def credentials(caller: str, world: World) -> dict[str, str]:
    """The headers that a caller comes with."""
    pair = tokens_of(world.owner)
    long_ago = datetime.now(UTC) - timedelta(days=1)
    told = jwt.decode(pair.access, options={"verify_signature": False})
    bearer: dict[str, Callable[[], str]] = {
        "owner": lambda: pair.access,
        "other customer": lambda: tokens_of(UserFactory.create()).access,
        "staff": lambda: tokens_of(UserFactory.create(is_staff=True)).access,
        "mixed": lambda: tokens_of(UserFactory.create()).access,
        "key as bearer": lambda: issue_api_key(name="erp", scopes=Scope.values),
        "forged": lambda: changed(pair.access, key="somebody else's key of thirty-two letters"),
        "unsigned": lambda: jwt.encode(told, None, algorithm="none"),
        "expired": lambda: changed(pair.access, exp=long_ago),
        "refresh": lambda: pair.refresh,
        "other issuer": lambda: changed(pair.access, iss="elsewhere"),
        "garbage": lambda: "a.b.c",
    }
    headers = {}
    if caller in bearer:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {bearer[caller]()}"
    if caller in {"partner", "unknown key"}:
        key = issue_api_key(name="erp", scopes=[]) if caller == "partner" else "shop_unknown"
        headers["HTTP_AUTHORIZATION"] = f"Api-Key {key}"
    if secret := {"guest": GUEST, "mixed": GUEST, "other guest": ANOTHER}.get(caller):
        headers["HTTP_GUEST_SECRET"] = secret
    return headers


def asks(world: World) -> list[Ask]:
    return [
        *_open_to_all(),
        *_signed_only(),
        *_of_the_customer(world),
        *_of_the_guest(world),
        *_by_key(world),
    ]


def _open_to_all() -> list[Ask]:
    return [
        Ask("GET", "markets/"),
        Ask("GET", "categories/"),
        Ask("GET", "products/"),
        Ask("GET", "products/none-such/", opened=404),
        Ask("POST", "carts/", {}, opened=201),
        # A token that is none is no hindrance to ask for a new one.
        Ask("POST", "tokens/", {"email": "x@example.com", "password": "x"}, opened=401),
        Ask("POST", "tokens/refresh/", {"refresh": "x"}, opened=401),
        Ask("POST", "tokens/revoke/", {"refresh": "x"}, bad=200),
        Ask("POST", "customers/", {"email": "x@example.com"}, opened=202, bad=202),
    ]


def _signed_only() -> list[Ask]:
    """By a signature that none of these callers can make."""
    nobody: frozenset[str] = frozenset()
    level = {
        "warehouse": "main",
        "sent_at": "2026-01-01T00:00:00Z",
        "rows": [{"sku": "A", "on_hand": 1}],
    }
    callback = {
        "id": "018f3b0a-0000-7000-8000-000000000001",
        "shipment": "018f3b0a-0000-7000-8000-000000000002",
        "status": "shipped",
        "occurred_at": "2026-01-01T00:00:00Z",
    }
    return [
        Ask("POST", "fulfilment/callbacks/", callback, open_to=nobody, closed=401),
        Ask(
            "POST",
            "downstream/receipts/",
            {"system": "crm", "receipts": []},
            open_to=nobody,
            closed=401,
        ),
        Ask(
            "POST", "payments/webhooks/stripe/", {"id": "evt"}, open_to=nobody, closed=400, bad=400
        ),
        Ask(
            "PUT",
            "inventory/levels/",
            level,
            open_to=frozenset({"partner"}),
            opened=403,
            closed=401,
        ),
    ]


def _of_the_customer(world: World) -> list[Ask]:
    owner, cart, order = frozenset({"owner"}), world.carts["owner"], world.orders["owner"]
    wish = _wish(cart)
    return [
        Ask("GET", "me/", open_to=frozenset(CUSTOMERS), closed=401),
        Ask("GET", "me/orders/", open_to=frozenset(CUSTOMERS), closed=401),
        Ask("GET", f"carts/{cart}/", open_to=owner),
        Ask(
            "POST",
            f"carts/{cart}/lines/",
            {"sku": "none", "quantity": 1},
            open_to=owner,
            opened=400,
        ),
        Ask("PUT", f"carts/{cart}/lines/none/", {"quantity": 1}, open_to=owner, opened=400),
        Ask("DELETE", f"carts/{cart}/lines/none/", open_to=owner, opened=400),
        Ask("GET", f"shipping-options/?cart={cart}&country=GB", open_to=owner),
        Ask("POST", "quotes/", wish, open_to=owner, opened=201),
        Ask("POST", "orders/", _placing(world, "owner"), open_to=owner, opened=202, closed=403),
        Ask("GET", f"orders/{order}/refund-requests/", open_to=owner),
        Ask("POST", f"orders/{order}/refund-requests/", {"lines": []}, open_to=owner, opened=400),
    ]


def _of_the_guest(world: World) -> list[Ask]:
    # Who holds the secret is the guest, also with an account of another.
    guest, cart, order = frozenset(HOLDERS), world.carts["guest"], world.orders["guest"]
    return [
        Ask("GET", f"carts/{cart}/", open_to=guest),
        Ask(
            "POST",
            f"carts/{cart}/lines/",
            {"sku": "none", "quantity": 1},
            open_to=guest,
            opened=400,
        ),
        Ask("POST", "quotes/", _wish(cart), open_to=guest, opened=201),
        Ask("POST", "orders/", _placing(world, "guest"), open_to=guest, opened=202, closed=403),
        # His secret is of the cart; an order is opened by its key.
        Ask("GET", f"orders/{order}/refund-requests/", open_to=frozenset()),
    ]


WAY = {"provider": "fake", "token": "tok_success"}


def _by_key(world: World) -> list[Ask]:
    """Open to whoever has the link; a token is not looked at where the key is all that counts."""
    mine, others = world.orders["owner"], world.keys["guest"]
    status = f"orders/{mine}/status/"
    return [
        Ask("GET", f"{status}?key={world.keys['owner']}", bad=200),
        Ask("GET", status, open_to=frozenset(), bad=404),
        Ask("GET", f"{status}?key={others}", open_to=frozenset(), bad=404),
        Ask("POST", f"orders/{mine}/payments/?key={world.keys['owner']}", WAY, opened=409),
        Ask("POST", f"orders/{mine}/payments/?key={others}", WAY, open_to=frozenset()),
        Ask("GET", f"orders/{mine}/refund-requests/?key={world.keys['owner']}"),
        Ask("GET", f"orders/{mine}/refund-requests/?key={others}", open_to=frozenset({"owner"})),
    ]


def _wish(cart: str) -> dict[str, Any]:
    address = {
        "name": "Ada Byron",
        "line1": "12 St James's Square",
        "city": "London",
        "postcode": "SW1Y 4JH",
        "country": "GB",
    }
    return {
        "cart": cart,
        "email": "a@example.com",
        "shipping_method": "standard",
        "address": address,
    }


def _placing(world: World, whose: str) -> dict[str, str]:
    return {
        "quote": world.quotes[whose].document,
        "payment_provider": "fake",
        "payment_token": "tok_success",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("caller", CALLERS)
def test_is_answered_as_the_table_says(world: World, caller: str) -> None:
    client = APIClient()
    client.credentials(**credentials(caller, world))
    wrong = []
    for ask in asks(world):
        with transaction.atomic():
            answer = client.generic(
                ask.method,
                f"/api/v1/{ask.path}",
                "" if ask.body is None else client._encode_data(ask.body, "json")[0],
                content_type="application/json",
            )
            transaction.set_rollback(True)
        if answer.status_code != ask.expected(caller):
            wrong.append((ask.method, ask.path, answer.status_code, ask.expected(caller)))

    assert wrong == []


@pytest.mark.django_db
def test_leaves_no_address_of_the_api_out(world: World) -> None:
    asked = {ask.path.partition("?")[0] for ask in asks(world)}
    names = {one.name for one in urlpatterns for path in asked if one.resolve(path)}
    # The description is the same for all; pictures are asked about where returns are.
    left_out = {one.name for one in urlpatterns} - names

    assert left_out == {"product", "schema", "docs", "refund-pictures"} - names
    assert len(asks(world)) * len(CALLERS) >= 512
