"""An add-on is a wheel: installed beside the shop and named in its settings, it changes no line of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.stage import ROOT

ADD_ON = ROOT / "examples" / "addon"
# A shop of its own: it migrates a database, sells by voucher, and tells what a visitor would see.
SHOP = """
import json, os, sys
is_installed = sys.argv[1] == "installed"
from ecommerce.settings import test as settings
if is_installed:
    settings.INSTALLED_APPS = ["shop_ecolabel", *settings.INSTALLED_APPS]
    from ecommerce.settings import base
    base.INSTALLED_APPS = settings.INSTALLED_APPS
    settings.SHOP["PAYMENT_PROVIDERS"]["voucher"] = {
        "BACKEND": "shop_ecolabel.provider.VoucherProvider", "SECRETS": {"key": "printed-in-may"},
    }
    settings.SHOP["DOWNSTREAM"]["ecolabel"] = ("orders.order.paid.v1",)
import django
django.setup()
from django.core.management import call_command
from django.db import connection
connection.creation.create_test_db(verbosity=0, serialize=False, keepdb=False)
told = {}
try:
    call_command("check")
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    from django.test import Client
    from django.urls import NoReverseMatch, reverse
    from tests import aws, relays
    from tests.queues import Queues
    aws.in_process.on = True
    queues = Queues()
    from apps.catalog.models import Product
    from apps.orders.models import Order
    from tests.factories.accounts import UserFactory
    from tests.factories.shop import open_market
    from tests.storefront.test_pages import FORM, ask_for_total, fill_cart
    open_market()
    shopper = Client(headers={"Sec-Fetch-Site": "same-origin"})
    (sku,) = fill_cart(shopper)
    product = Product.objects.get(variants__sku=sku)
    staff = Client()
    staff.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    method = {"payment_method": "fake:tok_success"}
    if is_installed:
        from shop_ecolabel.models import EcoLabel
        from shop_ecolabel.provider import code_for
        EcoLabel.objects.create(product=product, scheme="Nordic Swan", number="4711")
        method = {"payment_method": "voucher", "voucher": code_for("A1", key="printed-in-may")}
    checkout = shopper.post("/checkout/", FORM).text
    told["option"] = 'value="voucher"' in checkout
    placed = shopper.post("/checkout/place/", {"quote": ask_for_total(shopper), **method})
    assert placed.status_code == 302, placed.text
    queues.run_all()
    order = Order.objects.get()
    from apps.payments.models import Payment
    told["order"] = [order.status, Payment.objects.get().gateway]
    told["page"] = "Nordic Swan" in shopper.get(f"/p/{product.slug}/").text
    told["json"] = shopper.get(f"/api/v1/products/{product.slug}/").json()["extras"]
    told["office"] = "Nordic Swan" in staff.get(
        reverse("admin:catalog_product_change", args=[product.pk])).text
    told["not found"] = "This page was recycled" in shopper.get("/nowhere/").text
    told["page of its own"] = shopper.get("/vouchers/").status_code
    told["route"] = shopper.get("/api/v1/shop_ecolabel/labels/").status_code
    from apps.downstream.selectors import audience_of
    told["hears"] = "ecolabel" in audience_of("orders.order.paid.v1")
    from ecommerce.messaging import DOWNSTREAM
    told["queue"] = list(DOWNSTREAM.get("ecolabel", ()))
    from ecommerce.schedule import SCHEDULE
    told["clock"] = "count eco-labels" in SCHEDULE
    from apps.audit.selectors import list_retention, list_violations
    told["kept"] = any(one.model == "shop_ecolabel.EcoLabel" for one in list_retention())
    assert list_violations() == []
finally:
    connection.creation.destroy_test_db(os.environ["DATABASE_URL"].rpartition("/")[2], verbosity=0)
print("told", json.dumps(told))
"""


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the add-on's wheel was installed."""
    folder = tmp_path_factory.mktemp("addon")
    uv = Path(sys.executable).with_name("uv")
    # It builds with what uv itself brings, so nothing is asked of the network.
    built = subprocess.run(
        [uv, "build", "--wheel", "--offline", "-o", folder / "dist", ADD_ON],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    installed = subprocess.run(
        [uv, "pip", "install", "-q", "--offline", "--no-deps", "--target", folder / "site-packages", wheel],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    return folder / "site-packages"


def run(how: str, *, site_packages: Path) -> dict[str, Any]:
    """What a visitor of a shop with or without the add-on in its settings is told."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SHOP, how],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{site_packages}",
            "DJANGO_SETTINGS_MODULE": "ecommerce.settings.test",
            "DATABASE_URL": f"{os.environ['DATABASE_URL']}_addon_{how}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    (line,) = [one for one in ran.stdout.splitlines() if one.startswith("told ")]
    found: dict[str, Any] = json.loads(line.removeprefix("told "))
    return found


class TestTheAddOn:
    def test_sells_and_shows_what_it_brings(self, site_packages: Path) -> None:
        assert run("installed", site_packages=site_packages) == {
            "option": True,
            "order": ["paid", "voucher"],
            "page": True,
            "json": {"ecolabel": {"scheme": "Nordic Swan", "number": "4711"}},
            "office": True,
            "not found": True,
            "page of its own": 200,
            "route": 200,
            "hears": True,
            "queue": ["orders.order.paid.v1"],
            "clock": True,
            "kept": True,
        }

    @pytest.mark.control
    def test_is_not_there_unless_the_settings_name_it(self, site_packages: Path) -> None:
        assert run("beside", site_packages=site_packages) == {
            "option": False,
            "order": ["paid", "fake"],
            "page": False,
            "json": {},
            "office": False,
            "not found": False,
            "page of its own": 404,
            "route": 404,
            "hears": False,
            "queue": [],
            "clock": False,
            "kept": False,
        }

    def test_touches_nothing_of_the_shop(self) -> None:
        listed = subprocess.run(
            ["git", "grep", "-l", "shop_ecolabel"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split()

        assert {one.split("/")[0] for one in listed} <= {
            "examples",
            "tests",
            "pyproject.toml",
            "docs",
            "CONTRIBUTING.md",
        }
