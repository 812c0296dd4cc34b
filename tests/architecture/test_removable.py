"""Each listener can be taken away: the rest still checks, sells, and opens its staff pages.

A shop without it is another process, because apps are loaded once: it migrates a database of its own,
sells an order over HTTP's own entry, works what it has announced, and visits every screen.
"""

import os
import subprocess
import sys
import tomllib

import pytest

from tests.architecture.source import ROOT

SHOP = """
import os, re, sys
gone = set(sys.argv[1].split(","))
from ecommerce.settings import test as settings
settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app not in gone]
import django
django.setup()
from django.apps import apps
assert not [app for app in gone if apps.is_installed(app)]
from django.core.management import call_command
from django.db import connection
connection.creation.create_test_db(verbosity=0, serialize=False, keepdb=False)
try:
    call_command("check")
    from tests import aws, relays
    from tests.queues import Queues
    aws.in_process.on = True
    Queues().purge()
    from tests.factories.orders import make_order
    from tests.factories.shop import open_market, stock_variant
    from apps.orders.models import Order
    open_market()
    order = Order.objects.get(pk=make_order(lines={stock_variant().sku: 1}))
    assert order.status == "paid", order.status
    relays.relay()
    from apps.events.models import Delivery
    stuck = list(Delivery.objects.filter(delivered_at=None).values_list("target", "last_error"))
    assert stuck == [], stuck
    from django.contrib import admin
    from django.test import Client
    from django.urls import reverse
    from tests.factories.accounts import UserFactory
    staff = Client()
    staff.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    opened = 0
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        answer = staff.get(reverse(f"admin:{name}_changelist"))
        assert answer.status_code == 200, (name, answer.status_code)
        first = model._default_manager.order_by("pk").first()
        if first is not None:
            page = staff.get(reverse(f"admin:{name}_change", args=[first.pk]))
            assert page.status_code in {200, 302}, (name, page.status_code)
        opened += 1
    for address in ("/gb/en/", "/api/v1/products/", "/gb/en/search/"):
        answer = Client().get(address)
        assert answer.status_code == 200, (address, answer.status_code)
    from apps.audit.selectors import list_violations
    broken = list_violations()
    assert broken == [], broken
    print("opened", opened)
finally:
    connection.creation.destroy_test_db(os.environ["DATABASE_URL"].rpartition("/")[2], verbosity=0)
"""


def listeners() -> list[str]:
    """The apps of the contract's line of listeners."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (one["layers"] for one in contracts if one["id"] == "layers")
    (line,) = (one for one in layers if "apps.notifications" in one)
    return line.split(" | ")


def run_without(*gone: str) -> subprocess.CompletedProcess[str]:
    """A shop that has not these apps installed, which sells and is looked at."""
    url = f"{os.environ['DATABASE_URL']}_without_{'_'.join(one.rpartition('.')[2] for one in gone)}"
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SHOP, ",".join(gone)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "ecommerce.settings.test",
            "DATABASE_URL": url,
        },
        capture_output=True,
        text=True,
        check=False,
    )


class TestAShop:
    @pytest.mark.parametrize("app", listeners())
    def test_goes_on_without_a_listener(self, app: str) -> None:
        ran = run_without(app)

        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "opened" in ran.stdout

    @pytest.mark.control
    def test_does_not_go_on_without_what_it_stands_on(self) -> None:
        ran = run_without("apps.pricing")

        assert ran.returncode != 0
