"""Whoever guesses the password of one account is stopped, at each of its doors and from any address."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from apps.accounts.models import User
from tests.factories.shop import open_market

PASSWORD = "the-right-one-7"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def staff(settings: Settings) -> User:
    settings.LOG_IN_TRIES = 3
    # The limit by address is another one.
    settings.NUM_PROXIES = 0
    cache.clear()
    open_market()
    return User.objects.create_superuser("sam@example.com", PASSWORD, name="Sam")


def by_page(password: str, *, email: str = "sam@example.com", address: str = "203.0.113.1") -> bool:
    answer = Client(REMOTE_ADDR=address, HTTP_ORIGIN="http://testserver").post(
        "/gb/en/account/log-in/", {"username": email, "password": password}
    )
    return answer.status_code == 302


def by_office(
    password: str, *, email: str = "sam@example.com", address: str = "203.0.113.1"
) -> bool:
    answer = Client(REMOTE_ADDR=address, HTTP_ORIGIN="http://testserver").post(
        "/admin/login/", {"username": email, "password": password}
    )
    return answer.status_code == 302


def by_api(password: str, *, email: str = "sam@example.com", address: str = "203.0.113.1") -> bool:
    answer = Client(REMOTE_ADDR=address, HTTP_ORIGIN="http://testserver").post(
        "/api/v1/tokens/", {"email": email, "password": password}, content_type="application/json"
    )
    return answer.status_code == 200


DOORS = {"page": by_page, "office": by_office, "api": by_api}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
class TestEachDoor:
    def test_takes_no_more_after_too_many_wrong_passwords(self, door: Callable[..., bool]) -> None:
        tries = [door(f"guess-{one}", address=f"203.0.113.{one}") for one in range(3)]

        assert tries == [False] * 3
        assert not door(PASSWORD, address="203.0.113.9")
        assert not any(other(PASSWORD, email="SAM@example.com") for other in DOORS.values())

    def test_opens_as_long_as_there_were_few(self, door: Callable[..., bool]) -> None:
        for one in range(2):
            door(f"guess-{one}")

        assert door(PASSWORD)

    def test_is_shut_for_one_account_only(self, door: Callable[..., bool]) -> None:
        User.objects.create_superuser("eve@example.com", PASSWORD, name="Eve")
        for one in range(3):
            door(f"guess-{one}")

        assert door(PASSWORD, email="eve@example.com")
