"""Every refusal of the API is an RFC 9457 problem document with a code that never changes."""

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.test import APIClient

from apps.api.products.views import MarketsView
from apps.core.api.views import render_problem
from apps.core.errors import DomainError, InvalidInput, NotFound


class TestRenderProblem:
    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            (DomainError(), 409, "refused"),
            (NotFound(), 404, "not_found"),
            (InvalidInput(errors={}), 400, "invalid_input"),
            (Http404(), 404, "not_found"),
            (PermissionDenied(), 403, "permission_denied"),
            (RequestDataTooBig(), 413, "too_large"),
            (SuspiciousOperation(), 400, "parse_error"),
            (exceptions.ValidationError({"sku": ["wrong"]}), 400, "invalid_input"),
            (exceptions.ParseError(), 400, "parse_error"),
            (exceptions.NotAuthenticated(), 401, "not_authenticated"),
            (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
            (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
            (exceptions.Throttled(wait=7), 429, "throttled"),
            (OperationalError(), 503, "temporarily_unavailable"),
            (InterfaceError(), 503, "temporarily_unavailable"),
        ],
    )
    def test_names_every_error(self, error: Exception, status: int, code: str) -> None:
        response = render_problem(error, {})

        assert response is not None
        assert (response.status_code, response.data["status"]) == (status, status)
        assert response.data["code"] == code
        assert response.data["type"] == f"urn:shop:problem:{code}"
        assert response.data["title"]
        assert response.data["detail"]
        assert response.content_type == "application/problem+json"

    def test_shows_the_details_of_a_refusal(self) -> None:
        response = render_problem(DomainError("No.", skus=["A"]), {})

        assert response is not None
        assert (response.data["detail"], response.data["skus"]) == ("No.", ["A"])

    @pytest.mark.parametrize(
        ("error", "seconds"), [(OperationalError(), "5"), (exceptions.Throttled(wait=7), "8")]
    )
    def test_says_when_to_come_back(self, error: Exception, seconds: str) -> None:
        response = render_problem(error, {})

        assert response is not None
        assert response["Retry-After"] == seconds

    def test_leaves_a_bug_to_be_loud(self) -> None:
        assert render_problem(ZeroDivisionError(), {}) is None


@pytest.mark.django_db
class TestTheApi:
    def test_answers_in_problem_documents(self) -> None:
        response = APIClient().get("/api/v1/products/nothing/")

        assert (response.status_code, response.json()["code"]) == (400, "unknown_market")
        assert response["Content-Type"] == "application/problem+json"

    def test_refuses_a_body_that_is_not_json(self) -> None:
        response = APIClient().post("/api/v1/orders/", "{", content_type="application/json")

        assert (response.status_code, response.json()["code"]) == (400, "parse_error")
        assert response["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize(
        "path",
        [
            "orders",
            "quotes",
            "carts",
            "tokens",
            "customers",
            "orders/x/refund-requests",
            "downstream/receipts",
            "fulfilment/callbacks",
            "payments/webhooks/stripe",
        ],
    )
    @pytest.mark.parametrize(
        "body",
        [
            "[" * 1000 + "]" * 1000,
            '{"a":' * 100_000 + "1",
            '{"system": "crm", "id": 1, "a": ' + "[" * 100_000 + "]" * 100_000 + "}",
        ],
    )
    def test_refuses_a_body_nested_deeper_than_it_can_follow(self, path: str, body: str) -> None:
        address = f"/api/v1/{path}/".replace("/x/", "/018f3b0a-0000-7000-8000-000000000001/")

        response = APIClient().post(address, body, content_type="application/json")

        assert response.status_code in (400, 401, 404), response.content
        assert response["Content-Type"] == "application/problem+json"

    def test_refuses_a_media_type_it_does_not_speak(self) -> None:
        response = APIClient().post("/api/v1/orders/", "a=b", content_type="text/plain")

        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")

    @pytest.mark.parametrize("size", [3_000_000, 6_500_000])
    def test_refuses_a_body_that_nobody_would_read(self, size: int) -> None:
        response = APIClient().post("/api/v1/orders/", b"x" * size, content_type="application/json")

        assert (response.status_code, response.json()["code"]) == (413, "too_large")
        assert response["Content-Type"] == "application/problem+json"


class TestWhatDjangoItselfRefuses:
    """No view is asked, or one has failed: below /api/ the answer is a problem document all the same."""

    @pytest.mark.parametrize(
        "path", ["/api/", "/api/v1/nothing/", "/api/v2/products/", "/api/v1/%ff/"]
    )
    def test_an_address_that_there_is_not(self, path: str) -> None:
        response = APIClient().get(path)

        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert response["Content-Type"] == "application/problem+json"

    def test_a_host_that_is_not_ours(self) -> None:
        response = APIClient().get("/api/v1/markets/", HTTP_HOST="elsewhere.example")

        assert (response.status_code, response.json()["code"]) == (400, "parse_error")

    def test_a_bug(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def stumble(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(MarketsView, "get", stumble)

        response = APIClient(raise_request_exception=False).get("/api/v1/markets/")

        assert (response.status_code, response.json()["code"]) == (500, "error")
        assert "ZeroDivisionError" not in response.content.decode()

    def test_is_a_page_for_people(self) -> None:
        response = APIClient().get("/nothing/")

        assert response.status_code == 404
        assert response["Content-Type"].startswith("text/html")
