"""What an address names is what the shop is asked for, behind API Gateway, too."""

import json
from urllib.parse import quote
from uuid import UUID

import pytest

from apps.cart.services import open_cart
from apps.cart.types import CartOwner
from ecommerce.lambda_handler import handler
from tests.factories.identifiers import ODD_SKUS
from tests.factories.lambdas import Context, rest_event

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "a guest who knows odd names, and 22 letters more"


@pytest.fixture
def cart() -> UUID:
    return open_cart(owner=CartOwner(customer_id=None, secret=SECRET)).pk


def put(cart: UUID, *, segment: str) -> dict[str, str]:
    """The refusal to hold more of something that the shop does not sell."""
    event = rest_event(
        f"/api/v1/carts/{cart}/lines/{segment}/",
        "PUT",
        headers={"Content-Type": "application/json", "Guest-Secret": SECRET},
        body=b'{"quantity": 1}',
    )
    answer = handler(event, Context())
    refusal: dict[str, str] = json.loads(answer["body"])
    assert refusal["code"] == "unknown_sku", refusal
    return refusal


@pytest.mark.parametrize("sku", ODD_SKUS)
def test_is_read_from_an_address_as_it_was_sent(cart: UUID, sku: str) -> None:
    assert put(cart, segment=quote(sku, safe=""))["sku"] == sku


@pytest.mark.parametrize("sku", ODD_SKUS)
def test_is_read_from_an_address_that_came_decoded(cart: UUID, sku: str) -> None:
    assert put(cart, segment=sku)["sku"] == sku
