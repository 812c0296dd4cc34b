"""Accounts over the API: tokens for those who know the password, refusals for all others."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.urls import URLPattern, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import AccessRequest, TokenFamily, User
from apps.api.authentication import BearerAuthentication
from ecommerce.api import urlpatterns
from tests.factories.accounts import PASSWORD, UserFactory
from tests.problems import assert_problem

pytestmark = pytest.mark.django_db
PERSON = {"email": "ada@example.com", "name": "Ada", "language": "de"}


def client_of(customer: User) -> APIClient:
    client = APIClient()
    body = {"email": customer.email, "password": PASSWORD}
    access = client.post("/api/v1/tokens/", body).json()["access"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


class TestCustomers:
    def test_ask_for_an_account_and_are_told_nothing_of_it(self) -> None:
        UserFactory.create(email="ADA@example.com")
        answers = [
            APIClient().post("/api/v1/customers/", {**PERSON, "email": email})
            for email in ("ada@example.com", "grace@example.com")
        ]

        assert [(one.status_code, one.content) for one in answers] == [(202, b"")] * 2
        assert User.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"email": "no address"}, "email"),
            ({"email": "jörg@example.com"}, "email"),
            ({"email": "ada@☕.example"}, "email"),
            ({"email": "a\x00b@example.com"}, "email"),
            ({"language": "xx"}, "language"),
            ({"name": "x" * 151}, "name"),
            ({"name": "Your account is locked.\nUnlock it here"}, "name"),
            ({"name": "https://evil.example"}, "name"),
        ],
    )
    def test_with_values_that_cannot_be_used_are_refused(
        self, changes: dict[str, str], field: str
    ) -> None:
        response = APIClient().post("/api/v1/customers/", {**PERSON, **changes})

        assert list(assert_problem(response, status=400, code="invalid_input")["errors"]) == [field]
        assert not AccessRequest.objects.exists()


class TestTokens:
    def test_are_given_for_the_password_and_renewed(self) -> None:
        UserFactory.create(email="ada@example.com")
        client = APIClient()

        first = client.post("/api/v1/tokens/", {"email": "ADA@example.com", "password": PASSWORD})
        second = client.post("/api/v1/tokens/refresh/", {"refresh": first.json()["refresh"]})

        assert (first.status_code, second.status_code) == (200, 200)
        assert set(second.json()) == {"access", "refresh", "expires_in"}

    def test_are_not_given_for_a_wrong_one(self) -> None:
        UserFactory.create(email="ada@example.com")

        response = APIClient().post(
            "/api/v1/tokens/", {"email": "ada@example.com", "password": "wrong"}
        )

        assert_problem(response, status=401, code="wrong_credentials")

    def test_end_with_the_log_in(self) -> None:
        UserFactory.create(email="ada@example.com")
        client = APIClient()
        pair = client.post(
            "/api/v1/tokens/", {"email": "ada@example.com", "password": PASSWORD}
        ).json()

        for refresh in (pair["refresh"], pair["refresh"], "nonsense"):
            answer = client.post("/api/v1/tokens/revoke/", {"refresh": refresh})
            assert (answer.status_code, answer.content) == (200, b"")

        renewed = client.post("/api/v1/tokens/refresh/", {"refresh": pair["refresh"]})
        assert_problem(renewed, status=401, code="invalid_token")

    def test_are_not_renewed_for_nonsense(self) -> None:
        response = APIClient().post("/api/v1/tokens/refresh/", {"refresh": "nonsense"})

        assert_problem(response, status=401, code="invalid_token")

    def test_need_both_values(self) -> None:
        response = APIClient().post("/api/v1/tokens/", {})

        errors = assert_problem(response, status=400, code="invalid_input")["errors"]
        assert set(errors) == {"email", "password"}


class TestMe:
    def test_is_the_customer_of_the_token(self) -> None:
        customer = UserFactory.create()

        response = client_of(customer).get("/api/v1/me/")

        assert response.status_code == 200
        assert response.json()["email"] == customer.email

    def test_is_nobody_without_a_token(self) -> None:
        response = APIClient().get("/api/v1/me/")

        assert_problem(response, status=401, code="not_authenticated")
        assert response["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "header", ["Bearer nonsense", "Bearer ", "bearer x.y.z", "Bearer \xff"]
    )
    def test_is_nobody_with_a_token_that_is_none(self, header: str) -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=header)

        response = client.get("/api/v1/me/")

        assert_problem(response, status=401, code="invalid_token")
        assert response["WWW-Authenticate"] == "Bearer"


def close(customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_active=False)


def delete(customer: User) -> None:
    User.objects.filter(pk=customer.pk).delete()


def change_password(customer: User) -> None:
    customer.set_password("thirteen clean floors")
    customer.save(update_fields=["password"])


def log_out(customer: User) -> None:
    TokenFamily.objects.filter(customer=customer).update(ended_at=timezone.now())


# Views of the API that do not ask whether a token is still good, and why.
BELIEVING = {"orders": "placing goes on without a database, with a quote that was made with one"}
KINDS = {"UUIDConverter": UUID(int=7)}


def takes_tokens(route: URLPattern) -> bool:
    classes = getattr(getattr(route.callback, "cls", None), "authentication_classes", [])
    return BearerAuthentication in classes


def address_of(route: URLPattern) -> str:
    kinds = route.pattern.converters
    values = {key: KINDS.get(type(kind).__name__, "a") for key, kind in kinds.items()}
    return reverse(f"api:{route.name}", kwargs=values)


TAKING = [route for route in urlpatterns if takes_tokens(route)]
ASKING = [address_of(route) for route in TAKING if route.name not in BELIEVING]


class TestATokenThatIsOver:
    @pytest.mark.parametrize("end", [close, delete, change_password, log_out])
    @pytest.mark.parametrize("path", ASKING)
    def test_opens_nothing(self, path: str, end: Callable[[User], None]) -> None:
        customer = UserFactory.create()
        client = client_of(customer)
        end(customer)
        method = client.get if client.get(path).status_code != 405 else client.post

        assert_problem(method(path), status=401, code="invalid_token")

    def test_is_believed_where_there_may_be_no_database_alone(self) -> None:
        believing = {
            route.name for route in TAKING if getattr(route.callback.cls, "believes_tokens", False)
        }

        assert believing == BELIEVING.keys()
        assert len(ASKING) > 8
