"""The least Django can do for the same work: no middleware, no template inheritance, no rules.

Also its own settings: `DJANGO_SETTINGS_MODULE=tests.benchmarks.floor`.
"""

import json
import os
import uuid
from typing import Any

from ecommerce.settings.test import *  # noqa: F403

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.benchmarks.floor"
WSGI_APPLICATION = None
DATABASES["default"]["CONN_MAX_AGE"] = 60  # noqa: F405

_LIST = """
SELECT product.slug, product.name, product.summary, min(price.amount)
FROM catalog_product product
JOIN catalog_variant variant ON variant.product_id = product.id
JOIN pricing_price price ON price.sku = variant.sku AND price.currency = 'GBP'
WHERE product.state = 'published'
GROUP BY product.id ORDER BY product.position LIMIT 24
"""
_PRODUCT = """
SELECT product.name, product.description, variant.sku, price.amount
FROM catalog_product product
JOIN catalog_variant variant ON variant.product_id = product.id
JOIN pricing_price price ON price.sku = variant.sku AND price.currency = 'GBP'
WHERE product.slug = %s
"""
_ADD = """
INSERT INTO cart_cartline (cart_id, sku, quantity, created_at, updated_at)
VALUES (%s, %s, %s, now(), now())
ON CONFLICT (cart_id, sku) DO UPDATE SET quantity = EXCLUDED.quantity
"""
_QUOTE = """
SELECT line.sku, line.quantity, price.amount
FROM cart_cartline line JOIN pricing_price price ON price.sku = line.sku AND price.currency = 'GBP'
WHERE line.cart_id = %s
"""
_TEMPLATE = """<!doctype html><title>Floor</title><ul>{% for row in rows %}
<li><a href="/p/{{ row.0 }}/">{{ row.1 }}</a> <p>{{ row.2 }}</p> {{ row.3 }}</li>{% endfor %}</ul>"""


def _rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _page(rows: list[tuple[Any, ...]]) -> Any:
    from django.http import HttpResponse
    from django.template import engines

    return HttpResponse(engines["django"].from_string(_TEMPLATE).render({"rows": rows}))


def listing(request: Any) -> Any:
    return _page(_rows(_LIST))


def product(request: Any, slug: str) -> Any:
    return _page(_rows(_PRODUCT, slug))


def add(request: Any) -> Any:
    from django.db import connection
    from django.http import JsonResponse

    body = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [body["cart"], body["sku"], body["quantity"]])
    return JsonResponse({"ok": True}, status=201)


def quote(request: Any) -> Any:
    from django.http import JsonResponse

    rows = _rows(_QUOTE, json.loads(request.body)["cart"])
    lines = [{"sku": sku, "amount": str(quantity * amount)} for sku, quantity, amount in rows]
    return JsonResponse({"id": str(uuid.uuid4()), "lines": lines}, status=201)


def place(request: Any) -> Any:
    from django.conf import settings
    from django.http import JsonResponse

    from apps.core.gateways import aws_client

    url = f"{settings.SQS_BASE_URL}/{settings.STAGE}-bench-floor"
    aws_client("sqs").send_message(QueueUrl=url, MessageBody=request.body.decode())
    return JsonResponse({"id": str(uuid.uuid4())}, status=202)


def _urlpatterns() -> list[Any]:
    from django.urls import path

    return [
        path("listing/", listing),
        path("product/<slug:slug>/", product),
        path("add/", add),
        path("quote/", quote),
        path("place/", place),
    ]


def __getattr__(name: str) -> Any:
    if name == "urlpatterns":
        return _urlpatterns()
    raise AttributeError(name)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", __name__)
