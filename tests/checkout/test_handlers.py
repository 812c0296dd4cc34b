"""What follows for the cart from what became of its order, whichever news is heard first."""

from itertools import permutations

import pytest

from apps.cart.models import Cart
from apps.events.models import OutboxMessage
from apps.events.services.subscriptions import find_subscription
from tests.checkout.shoppers import fill_cart
from tests.factories.orders import make_rejected_order
from tests.factories.shop import stock_variant
from tests.queues import Queues

pytestmark = pytest.mark.django_db

LISTENERS = {
    "orders.order.placed.v1": "checkout.close_ordered_cart",
    "orders.order.rejected.v1": "checkout.give_cart_back",
}


class TestTheCartOfADeclinedOrder:
    @pytest.mark.parametrize("told", list(permutations(LISTENERS)))
    def test_is_its_owners_again(self, told: tuple[str, ...], queues: Queues) -> None:
        cart = Cart.objects.get(pk=fill_cart())
        lines = {stock_variant().sku: 1}
        ordered = {"cart_id": cart.pk, "cart_version": cart.version}
        make_rejected_order(lines=lines, **ordered)

        for kind in told:
            listener = find_subscription(LISTENERS[kind])
            assert listener
            listener.call(OutboxMessage.objects.get(type=kind).payload)

        cart.refresh_from_db()
        assert cart.status == "open"
