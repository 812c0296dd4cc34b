"""Every answer says who may keep it, and what it may load."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver

from apps.core.middleware import PrivacyMiddleware
from ecommerce import pages
from tests.architecture.source import ROOT
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, ProductFactory
from tests.factories.shop import open_market, stock_variant

SAMPLES = {
    "uuid": "018f3b0a-0000-7000-8000-000000000001",
    "slug": "soap",
    "str": "GBP",
    "int": "1",
    "path": "AB-1",
}


def addresses(patterns: list[Any] | None = None, *, above: str = "/") -> Iterator[str]:
    """Every address of the shop, with something in place of what varies; of the back office a few."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = str(one.pattern).strip("^$").replace("/?", "")
        if route.startswith("admin/"):
            yield from ("/admin/", "/admin/login/", "/admin/orders/order/", "/admin/none-such/")
        elif isinstance(one, URLPattern):
            yield re.sub(r"<(?:(\w+):)?\w+>", lambda name: SAMPLES[name[1] or "str"], above + route)
        elif one.urlconf_module is pages:
            yield from ("/", *addresses(one.url_patterns, above="/gb/en/"))
        else:
            yield from addresses(one.url_patterns, above=above + route)


def shared_at_the_edge() -> set[str]:
    """The addresses whose answers CloudFront hands to everybody."""
    template = re.sub(r"!(\w+)", "", (ROOT / "infra/templates/edge.yaml").read_text())
    resources = yaml.safe_load(template)["Resources"].values()
    found = {
        behaviour["PathPattern"]
        for resource in resources
        if resource["Type"] == "AWS::CloudFront::Distribution"
        for behaviour in resource["Properties"]["DistributionConfig"].get("CacheBehaviors", [])
        if behaviour["CachePolicyId"] == "AnonymousPages"
    }
    assert "/??/??/" in found
    return found


@pytest.fixture
def shop() -> None:
    open_market()
    shelf = CategoryFactory.create(slug="soap")
    stock_variant(product=ProductFactory.create(slug="soap", category=shelf))


@pytest.fixture
def client() -> Client:
    """Asks for exactly the address that it is given."""
    return Client()


@pytest.mark.django_db
@pytest.mark.usefixtures("shop")
class TestEveryAnswer:
    def test_is_private_unless_it_is_the_same_for_all(self, client: Client) -> None:
        client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        said = {
            # What the API says in a language of nobody's choice is kept by nobody.
            path: client.get(path, {"language": "en"}).headers.get("Cache-Control", "")
            for path in (*addresses(), "/none-such/", "/api/v1/none-such/")
        }

        public = {path for path, answer in said.items() if answer == "public"}
        assert public == {
            path for path in said if any(fnmatch(path, one) for one in shared_at_the_edge())
        }
        assert len(public) == 7
        others = {path: answer for path, answer in said.items() if path not in public}
        assert len(others) >= 50
        assert {path: answer for path, answer in others.items() if "no-store" not in answer} == {}

    def test_says_what_it_may_load(self, client: Client) -> None:
        client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        policies = {
            path: client.get(path).headers.get("Content-Security-Policy", "")
            for path in addresses()
        }

        assert {
            path for path, policy in policies.items() if "default-src 'self'" not in policy
        } == set()
        looser = {path for path, policy in policies.items() if "unsafe" in policy}
        assert looser == {
            "/admin/",
            "/admin/login/",
            "/admin/orders/order/",
            "/admin/none-such/",
            "/api/v1/docs/",
        }

    def test_that_is_a_refusal_is_shared_by_nobody(self, client: Client) -> None:
        assert "no-store" in client.get("/gb/en/p/none-such/").headers["Cache-Control"]
        assert "no-store" in client.get("/api/v1/products/none-such/").headers["Cache-Control"]


def test_what_says_so_itself_is_left_alone() -> None:
    def view(_: object) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "max-age=5"})

    answer = PrivacyMiddleware(view)(RequestFactory().get("/"))

    assert answer.headers["Cache-Control"] == "max-age=5"
    assert "apps.core.middleware.PrivacyMiddleware" in settings.MIDDLEWARE
