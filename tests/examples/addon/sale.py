"""What visitors, staff and systems outside see of a shop, with the add-on in its settings or without it."""

from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.audit.selectors import list_retention, list_violations
from apps.catalog.models import Product, PublicationState
from apps.core.selectors import money_text
from apps.core.types import Localization, Money
from apps.downstream.selectors import audience_of
from apps.orders.models import Order
from apps.payments.models import Payment
from ecommerce.messaging import DOWNSTREAM
from ecommerce.schedule import SCHEDULE
from tests import aws, relays
from tests.examples.addon import tell
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ProductFactory
from tests.factories.shop import open_market
from tests.pages import Shopper
from tests.queues import Queues
from tests.storefront.test_pages import FORM, ask_for_total, fill_cart

IS_INSTALLED = apps.is_installed("shop_ecolabel")


def sale() -> dict[str, Any]:
    """Check the shop, sell in it, and look at every place that the add-on can show in."""
    call_command("check")
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    aws.in_process.on = True
    open_market()
    shopper = Shopper()
    product = product_in_cart(shopper)
    told: dict[str, Any] = {"option": 'value="voucher"' in shopper.post("/checkout/", FORM).text}
    queues = Queues()
    told["order"] = pay(shopper, queues=queues)
    product_in_cart(shopper)
    told["order by the same voucher"] = pay(shopper, queues=queues)
    relays.relay()
    told["hears"] = queues.heard_by("ecolabel") if IS_INSTALLED else []
    assert list_violations() == []
    return told | pages(shopper, product=product) | declarations()


def product_in_cart(shopper: Client) -> Product:
    """A product with a label, if there are labels, one of whose variants is in the cart."""
    (sku,) = fill_cart(shopper)
    product = Product.objects.get(variants__sku=sku)
    if IS_INSTALLED:
        from shop_ecolabel.models import EcoLabel

        EcoLabel.objects.create(product=product, scheme="Nordic Swan", number="4711")
    return product


def pay(shopper: Client, *, queues: Queues) -> list[str]:
    """Place an order for the cart, by a voucher where there are vouchers; how it ended, and who was asked."""
    method = {"payment_method": "fake:tok_success"}
    if IS_INSTALLED:
        from shop_ecolabel.provider import code_for

        method = {"payment_method": "voucher", "voucher": code_for("A1", key="printed-in-may")}
    placed = shopper.post("/checkout/place/", {"quote": ask_for_total(shopper), **method})
    assert placed.status_code == 302, placed.text
    queues.run_all()
    order = Order.objects.latest("created_at")
    return [order.status, Payment.objects.latest("created_at").gateway]


def pages(shopper: Client, *, product: Product) -> dict[str, Any]:
    """What is shown of the label and of vouchers."""
    staff = Client()
    staff.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    desk = staff.get(reverse("admin:catalog_product_change", args=[product.pk])).text
    told = {
        "page": "Nordic Swan" in shopper.get(f"/p/{product.slug}/").text,
        "json": shopper.get(f"/api/v1/products/{product.slug}/").json()["extras"],
        "office": "Nordic Swan" in desk,
        "whole codes": whole_codes(staff),
        "not found": "This page was recycled" in shopper.get("/nowhere/").text,
        "page of its own": shopper.get("/vouchers/").status_code,
        "route": route(shopper),
    }
    shopper.localization = Localization(market="gb", language="de")
    return told | {"in German": "Gutscheine" in shopper.get("/vouchers/").text}


def whole_codes(staff: Client) -> list[str]:
    """The pages of the back office that write a redeemed voucher's whole code; all write its money."""
    if not IS_INSTALLED:
        return []
    from shop_ecolabel.models import Redemption

    (voucher,) = Redemption.objects.all()
    addresses = (
        reverse("admin:shop_ecolabel_redemption_changelist"),
        reverse("admin:shop_ecolabel_redemption_change", args=[voucher.pk]),
        reverse("admin:payments_payment_change", args=[voucher.pk]),
    )
    pages = [staff.get(address).text for address in addresses]
    amount = money_text(Money(voucher.captured_minor, voucher.currency))
    assert all(amount in page for page in pages)
    assert all(f"…{voucher.code[-4:]}" in page for page in pages[:2])
    return [address for address, page in zip(addresses, pages, strict=True) if voucher.code in page]


def route(shopper: Client) -> list[int]:
    """How the route of labels answers, how many it knows of, and how many stand on a page of one."""
    if IS_INSTALLED:
        from shop_ecolabel.models import EcoLabel

        draft = ProductFactory.create(state=PublicationState.DRAFT)
        EcoLabel.objects.create(product=draft, scheme="Not yet", number="0")
    answer = shopper.get("/api/v1/shop_ecolabel/labels/?page_size=1")
    told = answer.json()
    return [answer.status_code, told.get("count", 0), len(told.get("results", []))]


def declarations() -> dict[str, Any]:
    """What the shop has read of the add-on's modules."""
    return {
        "audience": "ecolabel" in audience_of("orders.order.paid.v1"),
        "queue": list(DOWNSTREAM.get("ecolabel", ())),
        "clock": "count eco-labels" in SCHEDULE,
        "kept": any(one.model == "shop_ecolabel.EcoLabel" for one in list_retention()),
    }


if __name__ == "__main__":
    tell(sale)
