"""A partner's system reports levels over the API."""

import json
from typing import Any

import pytest
from rest_framework.response import Response
from rest_framework.test import APIClient

from apps.accounts.models import ApiKey
from apps.accounts.services import issue_api_key
from tests.api.test_tokens import client_of
from tests.factories.accounts import UserFactory
from tests.factories.inventory import keep, level_of
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> APIClient:
    client = APIClient()
    key = issue_api_key(name="Harbour WMS", scopes=["inventory:write"])
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    return client


def put(client: APIClient, rows: object, **fields: object) -> Response:
    body = {"warehouse": "main", "sent_at": "2026-11-20T12:00:00Z", "rows": rows, **fields}
    answer: Response = client.put(
        "/api/v1/inventory/levels", json.dumps(body), content_type="application/json"
    )
    return answer


class TestLevels:
    def test_are_set_and_answered_row_by_row(self, partner: APIClient) -> None:
        sku = keep({"main": 5})
        rows = [{"sku": sku, "on_hand": 8}, {"sku": "NOPE", "on_hand": 1}, 7]

        response = put(partner, rows)

        assert response.status_code == 200
        assert [list(row.values())[:4] for row in response.json()["results"]] == [
            [sku, "changed", 8, ""],
            ["NOPE", "rejected", None, "unknown_stock"],
            ["", "rejected", None, "not_a_row"],
        ]
        assert level_of(sku) == (8, 0, 0)
        again = put(partner, rows).json()["results"]
        assert [row["status"] for row in again] == ["unchanged", "rejected", "rejected"]

    def test_are_reported_in_the_name_of_the_key(self, partner: APIClient) -> None:
        from apps.inventory.models import Movement

        put(partner, [{"sku": keep({"main": 5}), "on_hand": 8}])

        assert Movement.objects.get(reason="reported").note == "Harbour WMS"

    @pytest.mark.parametrize(
        "fields",
        [
            {"rows": []},
            {"rows": [{"sku": "A", "on_hand": 1}] * 1001},
            {"rows": {"sku": "A"}},
            {"warehouse": ""},
            {"warehouse": "a\x00b"},
            {"sent_at": "yesterday"},
            {"sent_at": "2999-01-01T00:00:00Z"},
        ],
    )
    def test_of_a_body_that_is_none_are_refused(
        self, fields: dict[str, Any], partner: APIClient
    ) -> None:
        sku = keep({"main": 5})

        response = put(partner, **{"rows": [{"sku": sku, "on_hand": 8}], **fields})

        assert_problem(response, status=400, code="invalid_input")
        assert level_of(sku) == (5, 0, 0)

    def test_of_a_row_that_no_database_could_keep_hinders_no_other(
        self, partner: APIClient
    ) -> None:
        sku = keep({"main": 5})
        rows = [{"sku": "\ud800", "on_hand": 1}, {"sku": sku, "on_hand": 8}]

        response = put(partner, rows)

        results = response.json()["results"]
        assert [row["status"] for row in results] == ["rejected", "changed"]
        assert level_of(sku) == (8, 0, 0)

    def test_of_a_house_nobody_knows_are_refused(self, partner: APIClient) -> None:
        response = put(partner, [{"sku": "A", "on_hand": 1}], warehouse="nowhere")

        assert_problem(response, status=400, code="unknown_warehouse")


class TestStrangers:
    def test_are_asked_for_a_key(self) -> None:
        response = put(APIClient(), [])

        assert_problem(response, status=401, code="not_authenticated")
        assert response["WWW-Authenticate"] == "Api-Key"

    def test_with_a_wrong_key_are_refused(self, partner: APIClient) -> None:
        partner.credentials(HTTP_AUTHORIZATION="Api-Key shop_wrong")

        assert_problem(put(partner, []), status=401, code="invalid_api_key")

    def test_with_a_key_that_was_switched_off_are_refused(self, partner: APIClient) -> None:
        ApiKey.objects.update(is_active=False)

        assert_problem(put(partner, []), status=401, code="invalid_api_key")

    def test_whose_key_is_for_something_else_are_refused(self, partner: APIClient) -> None:
        ApiKey.objects.update(scopes=[])

        assert_problem(put(partner, []), status=403, code="permission_denied")

    def test_with_a_customer_s_token_are_asked_for_a_key(self) -> None:
        response = put(client_of(UserFactory.create()), [])

        assert_problem(response, status=401, code="not_authenticated")
