"""What is not in the house can be bought where it may be back-ordered, and says that it ships later."""

import pytest
from django.test import Client

from apps.cart.selectors import price_cart
from apps.cart.services import add_to_cart, open_cart
from apps.cart.types import CartOwner
from tests.factories.catalog import ProductFactory, VariantFactory
from tests.factories.inventory import keep, promise
from tests.factories.shop import open_market, prices_in
from tests.pages import Shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku() -> str:
    """A sold-out variant of which three units may be owed, in a shop that can sell."""
    open_market()
    variant = VariantFactory.create(product=ProductFactory.create(slug="soap", name="Soap"))
    return keep({"main": 0}, backorder_limit=3, variant=variant)


class TestAProductOnBackOrder:
    def test_is_offered_and_says_so(self, sku: str, client: Client) -> None:
        page = client.get("/p/soap/").content.decode()

        assert "On back-order, ships later" in page
        assert "Add to cart" in page
        assert "https://schema.org/BackOrder" in page
        assert "Sold out" not in client.get("/").content.decode()

    def test_says_so_in_german(self, sku: str, client: Client) -> None:
        page = client.get("/gb/de/p/soap/").content.decode()

        assert "Nachbestellbar, wird später versandt" in page

    def test_is_sold_out_once_no_more_may_be_owed(self, sku: str, client: Client) -> None:
        promise({sku: 3})

        page = client.get("/p/soap/").content.decode()

        assert "Sold out" in page
        assert "Add to cart" not in page
        assert "Sold out" in client.get("/").content.decode()

    def test_tells_apps_how_many_could_ship_later(self, sku: str, client: Client) -> None:
        (variant,) = client.get("/api/v1/products/soap/").json()["variants"]

        assert (variant["free_units"], variant["backorder_left"]) == (0, 3)


class TestACartWithBackOrders:
    @pytest.mark.parametrize(
        ("quantity", "words"),
        [
            (1, "1 piece is on back-order and ships later."),
            (3, "3 pieces are on back-order and ship later."),
            (4, "Only 3 left. Please take fewer."),
        ],
    )
    def test_says_what_ships_later(self, quantity: int, words: str, sku: str) -> None:
        browser = Shopper()

        page = browser.post("/cart/add/", {"sku": sku, "quantity": quantity}, follow=True)

        assert words in page.content.decode()

    def test_counts_what_is_in_the_house_first(self) -> None:
        sku = keep({"main": 2}, backorder_limit=3)
        cart = open_cart(owner=CartOwner(secret="guest"))
        add_to_cart(cart_id=cart.pk, sku=sku, quantity=4)

        (item,) = price_cart(cart, context=prices_in()).items

        assert (item.is_buyable, item.most_units, item.later_units) == (True, 5, 2)
