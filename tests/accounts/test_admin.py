"""Keys for partners' systems are issued in the back office, and shown once."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import ApiKey
from apps.accounts.services import read_api_key
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


class TestApiKeys:
    def test_are_shown_once_when_issued(self, staff: Client) -> None:
        add = reverse("admin:accounts_apikey_add")
        body = {"name": "Harbour WMS", "scopes": ["inventory:write"]}

        response = staff.post(add, body, follow=True)

        words = next(
            str(message).split()
            for message in response.context["messages"]
            if "once" in str(message)
        )
        assert read_api_key(words[-1]).name == "Harbour WMS"
        assert words[-1] not in staff.get(response.request["PATH_INFO"]).content.decode()

    def test_say_in_words_what_they_may(self, staff: Client) -> None:
        ApiKey.objects.create(name="WMS", digest="0", scopes=["inventory:write"])

        page = staff.get(reverse("admin:accounts_apikey_changelist")).content.decode()

        assert "report stock levels" in page
        assert "inventory:write" not in page

    def test_are_switched_off_and_never_deleted(self, staff: Client) -> None:
        staff.post(
            reverse("admin:accounts_apikey_add"), {"name": "WMS", "scopes": ["inventory:write"]}
        )
        key = ApiKey.objects.get()
        change = reverse("admin:accounts_apikey_change", args=[key.pk])

        staff.post(change, {"name": "WMS", "scopes": ["inventory:write"]})
        deletion = staff.post(
            reverse("admin:accounts_apikey_delete", args=[key.pk]), {"post": "yes"}
        )

        assert deletion.status_code == 403
        assert (ApiKey.objects.get().is_active, ApiKey.objects.get().digest) == (False, key.digest)
