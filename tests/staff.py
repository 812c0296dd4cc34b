"""Who works here, at the back office."""

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories.accounts import UserFactory


def log_in(*permissions: str, **fields: Any) -> Client:
    """The browser of a colleague with these rights."""
    user = UserFactory.create(is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def told(response: Any) -> list[str]:
    """What a page says of what was done."""
    return [str(message) for message in response.context["messages"]]
