"""No view that changes something takes any number of posts from one address."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from apps.core.errors import TooMany
from ecommerce import limits
from tests.pages import Shopper
from tests.problems import assert_problem

VALUES = {"UUIDConverter": UUID(int=7), "IntConverter": 7}


def views(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[tuple[str, str]]:
    """Name and address of each view of the shop; the back office stands for itself by its log-in."""
    for one in patterns:
        if isinstance(one, URLPattern):
            name = f"{space}{one.name}"
            kinds = one.pattern.converters
            values = {key: VALUES.get(type(kind).__name__, "a") for key, kind in kinds.items()}
            yield name, reverse(name, kwargs=values)
        elif one.namespace != "admin":
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from views(one.url_patterns, inner)
    if not space:
        yield "admin:login", reverse("admin:login")


VIEWS = {name: Shopper().at(address) for name, address in views(get_resolver().url_patterns)}
LIMITED = sorted(set(VIEWS) - set(limits.FREE))


def post(name: str) -> object:
    client = Client(HTTP_ORIGIN="http://testserver", raise_request_exception=False)
    return client.post(VIEWS[name])


class TestEachView:
    @pytest.mark.parametrize("name", LIMITED)
    def test_refuses_more_than_its_limit(self, name: str, settings: Settings) -> None:
        settings.LIMITS_TIMES = 0

        response = post(name)

        assert response.status_code == 429
        assert 1 <= int(response["Retry-After"]) <= 3600
        if VIEWS[name].startswith("/api/"):
            assert_problem(response, status=429, code="throttled")
        else:
            assert b"Please wait a little" in response.content

    def test_that_is_free_is_noticed(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.LIMITS_TIMES = 0
        monkeypatch.setitem(limits.FREE, "storefront:choose", "nobody knows")

        assert post("storefront:choose").status_code != 429

    def test_with_a_rule_of_its_own_is_there(self) -> None:
        assert set(limits.OWN) <= VIEWS.keys()
        assert set(limits.FREE) - {"admin"} <= VIEWS.keys()
        assert VIEWS.keys() >= limits.SEARCHES
        assert all(len(reason) > 20 for reason in limits.FREE.values())

    @pytest.mark.parametrize("name", sorted(limits.SEARCHES))
    @pytest.mark.django_db
    def test_limits_searches_and_no_other_look(self, name: str, settings: Settings) -> None:
        settings.LIMITS_TIMES = 0

        assert Client().get(VIEWS[name], {"q": "a"}).status_code == 429
        assert Client().get(VIEWS[name]).status_code != 429


@pytest.mark.django_db
class TestTheApi:
    def test_is_not_multiplied_by_tokens_of_ones_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        few = limits.Limit(name="few", most=2, seconds=60)
        monkeypatch.setitem(limits.OWN, "api:tokens", few)
        body = {"email": "victim@example.com", "password": "wrong"}
        statuses = [
            Client(headers={"Authorization": f"Bearer token-{number}"})
            .post("/api/v1/tokens/", body, content_type="application/json")
            .status_code
            for number in range(3)
        ]

        assert statuses == [401, 401, 429]

    def test_counts_a_household_and_not_its_addresses(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        few = limits.Limit(name="few", most=1, seconds=60)
        monkeypatch.setitem(limits.OWN, "api:tokens", few)
        statuses = [
            Client(REMOTE_ADDR=address).post("/api/v1/tokens/").status_code
            for address in ("2001:db8::1", "2001:db8::2:1", "2001:db8:0:1::1")
        ]

        assert [status == 429 for status in statuses] == [False, True, False]


@pytest.mark.django_db
class TestAnAccount:
    def test_that_too_many_guessed_at_says_when_to_come_back(self, settings: Settings) -> None:
        settings.LOG_IN_TRIES = 0

        with pytest.raises(TooMany):
            authenticate(username="sam@example.com", password="x")
        for name, key in (("storefront:login", "username"), ("admin:login", "username")):
            response = Client(HTTP_ORIGIN="http://testserver").post(
                VIEWS[name], {key: "sam@example.com", "password": "x"}
            )
            assert (response.status_code, "Retry-After" in response) == (429, True)
        body = {"email": "sam@example.com", "password": "x"}
        answer = Client().post("/api/v1/tokens/", body, content_type="application/json")
        assert_problem(answer, status=429, code="throttled")
        assert 1 <= int(answer["Retry-After"]) <= 300
