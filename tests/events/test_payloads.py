"""Nothing personal is stored with an event: not by seeding, and not from before it was left out."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.events import CustomerRegistered
from apps.core.models import new_id
from apps.events.models import OutboxMessage
from apps.events.rules import impersonal
from apps.events.selectors import _known
from apps.events.types import Event

migration = import_module("apps.events.migrations.0009_payloads_without_persons")


def test_what_is_stored_tells_of_nobody() -> None:
    event = CustomerRegistered(customer_id=1, language="en", email="ada@example.com", name="Ada")

    assert impersonal(event) == {"customer_id": 1, "language": "en"}


def test_the_migration_knows_every_personal_field() -> None:
    told = {
        one.type: sorted(one.personal)
        for one in _known(Event)
        if one.personal and one.__module__.startswith("apps.")
    }

    assert {kind: sorted(fields) for kind, fields in migration._PERSONAL.items()} == told


@pytest.mark.django_db
def test_old_payloads_lose_what_they_told_of_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "_BATCH", 2)
    old = {"email": "ada@example.com", "address": {"name": "Ada"}, "number": "A1"}
    kinds = [*migration._PERSONAL, "orders.order.cancelled.v1"]
    for kind in kinds:
        OutboxMessage.objects.create(
            id=new_id(), type=kind, subject="1", payload=old, fanned_out_at=timezone.now()
        )

    migration.strip(None, SimpleNamespace(connection=connection))
    migration.strip(None, SimpleNamespace(connection=connection))

    for kind in kinds:
        kept = set(OutboxMessage.objects.get(type=kind).payload)
        assert kept == set(old) - set(migration._PERSONAL.get(kind, ()))
