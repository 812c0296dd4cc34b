"""The API describes itself, completely and without a warning."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from ecommerce.api import urlpatterns


@pytest.fixture(scope="module")
def schema() -> dict:
    schema: dict = APIClient().get("/api/v1/schema/", HTTP_ACCEPT="application/json").data
    return schema


BOUNDED = {
    "string": {"maxLength", "enum", "pattern"},
    "integer": {"maximum"},
    "number": {"maximum"},
    "array": {"maxItems"},
}
BOUNDED_BY_FORM = {"uuid", "date-time", "date", "decimal"}


def unbounded(part: dict, schema: dict, *, name: str) -> Iterator[str]:
    """The values of a request's body that may be as long, large or many as the sender likes."""
    if reference := part.get("$ref"):
        part = schema["components"]["schemas"][reference.rpartition("/")[2]]
    for one in part.get("allOf", []):
        yield from unbounded(one, schema, name=name)
    kind = part.get("type", "")
    if (
        kind in BOUNDED
        and not BOUNDED[kind] & part.keys()
        and part.get("format") not in BOUNDED_BY_FORM
    ):
        yield f"{name}[]" if kind == "array" else name
    if kind == "array":
        yield from unbounded(part["items"], schema, name=f"{name}[]")
    for field, value in part.get("properties", {}).items():
        yield from unbounded(value, schema, name=f"{name}.{field}")


class TestTheDocument:
    def test_is_made_without_a_warning(self) -> None:
        call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())

    def test_names_every_address_with_its_methods(self, schema: dict) -> None:
        described = {path: set(item) for path, item in schema["paths"].items()}

        assert len(described) == len(urlpatterns) - len(["schema", "docs"])
        assert described["/api/v1/carts/{cart_id}/lines/{sku}/"] == {"put", "delete"}
        assert described["/api/v1/orders/"] == {"post"}

    def test_names_each_operation_once(self, schema: dict) -> None:
        names = [
            operation["operationId"]
            for item in schema["paths"].values()
            for operation in item.values()
        ]

        assert len(names) == len(set(names)) >= 18
        assert {"products_list", "products_retrieve", "me_orders_list"} <= set(names)

    def test_bounds_whatever_is_sent(self, schema: dict) -> None:
        bodies = [
            (f"{method} {path}", content["schema"])
            for path, item in schema["paths"].items()
            for method, operation in item.items()
            for content in operation.get("requestBody", {}).get("content", {}).values()
        ]
        free = {one for name, body in bodies for one in unbounded(body, schema, name=name)}

        assert len(bodies) >= 12
        assert {one for one in free if not one.endswith("/pictures/.pictures[]")} == set()

    def test_that_bounds_nothing_is_noticed(self, schema: dict) -> None:
        text = {"type": "object", "properties": {"a": {"type": "string"}}}

        assert set(unbounded({"type": "array", "items": text}, schema, name="x")) == {
            "x[]",
            "x[].a",
        }

    def test_says_how_to_log_in(self, schema: dict) -> None:
        assert schema["components"]["securitySchemes"]["bearer"] == {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
        }

    def test_is_valid_openapi(self, schema: dict) -> None:
        validate_schema(schema)


class TestTheDocs:
    def test_are_shown_from_this_shop_alone(self, client: Client) -> None:
        response = client.get("/api/v1/docs/")

        assert response.status_code == 200
        assert b"swagger-ui" in response.content
        assert b"https://" not in response.content
