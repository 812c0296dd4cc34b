"""What a cold start and a request may load: nothing that they do not need.

`django.contrib.admin` is loaded with the URLs, which name the back office; it is left out of the list.
"""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from apps.catalog.models import ProductImage
from tests.architecture.source import ROOT
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
    "aws_lambda_powertools",
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

    def test_of_the_payment_gateways_loads_no_sdk(self) -> None:
        steps = ("import apps.payments.gateways.stripe", "/api/v1/payments/webhooks/stripe/")

        ran = run_program(*steps)

        assert ran["answers"][steps[1]][0] == "405 Method Not Allowed"
        assert [heavy(ran["loaded"][step]) for step in steps] == [[], []]

    def test_that_loads_boto3_is_noticed(self) -> None:
        ran = run_program("import boto3")

        assert "boto3" in heavy(ran["loaded"]["import boto3"])
        assert heavy(ran["loaded"]["start"]) == []
