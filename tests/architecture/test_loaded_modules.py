"""What a cold start and a request may load: nothing that they do not need."""

import json
import os
import subprocess
import sys
from base64 import b64decode

import pytest
from django.db import connection

from apps.catalog.models import ProductImage
from tests.architecture.source import ROOT
from tests.factories.lambdas import rest_event
from tests.factories.shop import open_market, stock_variant

HEAVY = (
    "boto3",
    "botocore",
    "s3transfer",
    "storages.backends.s3",
    "celery.bin",
    "celery.worker.consumer",
    "kombu.asynchronous",
    "pycurl",
    "PIL.Image",
    "stripe",
    "opentelemetry",
    "reportlab",
    "openpyxl",
    "pytest",
    "zappa",
)
PROGRAM = """
import json, sys
from ecommerce.wsgi import application

def get(path):
    from django.test import RequestFactory
    status = []
    environ = RequestFactory(headers={"host": "127.0.0.1"}).get(path).environ
    body = application(environ, lambda line, headers: status.append(line))
    return [status[0], b"".join(body).decode()]

loaded = {"start": sorted(sys.modules)}
answers = {}
for path in sys.argv[1:]:
    if path.startswith("import "):
        exec(path)
    else:
        answers[path] = get(path)
    loaded[path] = sorted(sys.modules)
print(json.dumps({"answers": answers, "loaded": loaded}))
"""


def run_program(*steps: str) -> dict:
    """Start the WSGI entry in a process of its own, and take the steps one after the other."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "ecommerce.settings.local",
        "DATABASE_URL": _url_of_test_database(),
        "PYTHONPATH": str(ROOT),
    }
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *steps],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def _url_of_test_database() -> str:
    settings = connection.settings_dict
    credentials = f"{settings['USER']}:{settings['PASSWORD']}".rstrip(":")
    return f"postgresql://{credentials}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"


def heavy(modules: list[str]) -> list[str]:
    """The modules that a request has no business with."""
    return [
        module
        for module in modules
        if any(module == name or module.startswith(f"{name}.") for name in HEAVY)
    ]


FUNCTION_PROGRAM = """
import json, sys
from ecommerce import lambda_handler
loaded = {"start": sorted(sys.modules)}
answers = []
for event in json.load(sys.stdin):
    answers.append(lambda_handler.handler(event, None))
    loaded[event["path"]] = sorted(sys.modules)
print(json.dumps({"answers": answers, "loaded": loaded}))
"""
# What the function that shoppers meet leaves to the others. (The package `django.contrib.admin` is
# there all the same: REST framework asks its documentation for one function.)
OFFICE = ("unfold", "django_stubs_ext", "django.contrib.admin.apps", "apps.backoffice")
WORK = (
    "celery.worker.request",
    "celery.concurrency.solo",
    "ecommerce.queue_events",
    "ecommerce.consumer",
    "apps.orders.tasks",
)
# What a shopper's first request has no use for: the queue's client, the API's description of itself, and
# what libraries load for their own tests and command lines.
ON_DEMAND = (
    "celery",
    "kombu",
    "ecommerce.celery",
    "ecommerce.openapi",
    "drf_spectacular.openapi",
    "drf_spectacular.plumbing",
    "yaml",
    "uritemplate",
    "jsonschema",
    "requests",
    "unittest",
    "django.test",
    "django_countries.fields",
    "treebeard.templatetags",
    "importlib.metadata",
    "jwt",
    "reportlab",
    "xml",
    "shlex",
    "ecommerce.redaction",
)


def run_function(name: str, *events: dict) -> dict:
    """Start the entry of AWS Lambda in a process of its own, and hand it the events."""
    result = subprocess.run(
        [sys.executable, "-c", FUNCTION_PROGRAM],
        input=json.dumps(events),
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "ecommerce.settings.test",
            "DATABASE_URL": _url_of_test_database(),
            "FUNCTION": name,
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def among(modules: list[str], names: tuple[str, ...]) -> set[str]:
    """Which of the names, or of what lies below them, are loaded."""
    return {name for name in names for one in modules if one == name or one.startswith(f"{name}.")}


@pytest.mark.django_db(transaction=True)
class TestAFunction:
    def test_for_shoppers_starts_without_what_they_never_see(self) -> None:
        open_market()
        stock_variant()
        paths = ("/healthz", "/api/v1/products/", "/gb/en/", "/gb/en/search/")

        ran = run_function("web", *map(rest_event, paths))

        assert [answer["statusCode"] for answer in ran["answers"]] == [200] * 4
        assert {step: heavy(modules) for step, modules in ran["loaded"].items()} == {
            step: [] for step in ("start", *paths)
        }
        assert among(ran["loaded"]["/gb/en/search/"], (*OFFICE, *WORK, *ON_DEMAND)) == set()
        # Loaded while it starts, so that no shopper waits for it.
        assert among(ran["loaded"]["start"], ("apps.storefront.views", "apps.api.carts")) == {
            "apps.storefront.views",
            "apps.api.carts",
        }

    def test_for_shoppers_has_no_back_office(self) -> None:
        ran = run_function("web", rest_event("/admin/"))

        assert ran["answers"][0]["statusCode"] == 404

    def test_for_shoppers_describes_its_api_when_asked(self) -> None:
        ran = run_function("web", rest_event("/gb/en/"), rest_event("/api/v1/schema/"))

        assert b"operationId: products_list" in b64decode(ran["answers"][1]["body"])
        assert among(ran["loaded"]["/gb/en/"], ("drf_spectacular.openapi", "yaml")) == set()
        assert among(ran["loaded"]["/api/v1/schema/"], ("drf_spectacular.openapi", "yaml")) != set()

    @pytest.mark.control
    def test_for_staff_has_one(self) -> None:
        ran = run_function("office", rest_event("/admin/"))

        assert ran["answers"][0]["statusCode"] == 302
        assert among(ran["loaded"]["start"], OFFICE) == set(OFFICE)

    def test_for_tasks_starts_with_them(self) -> None:
        ran = run_function("worker")
        started = ran["loaded"]["start"]

        assert among(started, WORK) == set(WORK) - {"ecommerce.consumer"}
        unneeded = ("stripe", "reportlab", "PIL.Image", "openpyxl", "pycurl", "zappa", "pytest")
        assert among(started, unneeded) == set()


@pytest.mark.django_db(transaction=True)
class TestARequest:
    def test_loads_nothing_heavy(self) -> None:
        open_market()
        variant = stock_variant()
        ProductImage.objects.bulk_create(
            [
                ProductImage(
                    product=variant.product,
                    image="products/soap.webp",
                    alt="a bottle",
                    width=800,
                    height=800,
                )
            ]
        )

        ran = run_program("/healthz", "/api/v1/products/")

        assert ran["answers"]["/healthz"][0] == "200 OK"
        status, body = ran["answers"]["/api/v1/products/"]
        assert status == "200 OK"
        (product,) = json.loads(body)["products"]
        assert product["price_from"] == {"amount": "4.20", "currency": "GBP"}
        assert product["image"].endswith("-media/products/soap.webp")
        assert {step: heavy(modules) for step, modules in ran["loaded"].items()} == {
            "start": [],
            "/healthz": [],
            "/api/v1/products/": [],
        }

    def test_of_the_payment_providers_loads_no_sdk(self) -> None:
        steps = (
            "import apps.payments.providers.stripe.provider",
            "/api/v1/payments/webhooks/stripe/",
        )

        ran = run_program(*steps)

        assert ran["answers"][steps[1]][0] == "405 Method Not Allowed"
        assert [heavy(ran["loaded"][step]) for step in steps] == [[], []]

    def test_that_loads_boto3_is_noticed(self) -> None:
        ran = run_program("import boto3")

        assert "boto3" in heavy(ran["loaded"]["import boto3"])
        assert heavy(ran["loaded"]["start"]) == []
