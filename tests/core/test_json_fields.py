"""Nobody types JSON into the back office: of no app, on no screen, in no row of one."""

from collections.abc import Iterator

import pytest
from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.db.models import Model
from django.test import RequestFactory

from apps.accounts.models import User
from apps.catalog.models import Product
from apps.events.models import OutboxMessage
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def typed_as_json(user: User, screens: list[admin.ModelAdmin[Model]]) -> Iterator[str]:
    """The fields of the screens' forms, and of the rows in them, that take JSON from who may do all."""
    request = RequestFactory().get("/admin/")
    request.user = user
    for screen in screens:
        if not (screen.has_add_permission(request) or screen.has_change_permission(request)):
            continue
        yield from _json_in(screen, screen.get_form(request).base_fields)
        for inline in screen.get_inline_instances(request):
            if inline.has_add_permission(request, None) or inline.has_change_permission(request):
                yield from _json_in(inline, inline.get_formset(request).form.base_fields)


def _json_in(screen: BaseModelAdmin[Model], fields: dict[str, forms.Field]) -> Iterator[str]:
    for name, field in fields.items():
        if isinstance(field, forms.JSONField):
            yield f"{screen.opts.label}.{name}"


@pytest.fixture
def owner() -> User:
    return UserFactory.create(is_staff=True, is_superuser=True)


def test_is_asked_for_on_no_screen(owner: User) -> None:
    screens = list(admin.site._registry.values())

    assert Product in admin.site._registry
    assert set(typed_as_json(owner, screens)) == set()


@pytest.mark.control
def test_that_is_asked_for_is_noticed(owner: User) -> None:
    screen = admin.ModelAdmin(OutboxMessage, admin.site)

    assert set(typed_as_json(owner, [screen])) == {"events.OutboxMessage.payload"}
