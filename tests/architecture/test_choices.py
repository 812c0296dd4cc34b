"""A column of choices takes no value that the code does not know, whoever writes it."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import IntegrityError
from django.db.models import CheckConstraint, Field, Model, Q

from apps.catalog.models import Attribute
from tests.factories.catalog import ProductTypeFactory

OURS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def unguarded(models: list[type[Model]]) -> Iterator[str]:
    """The columns with choices that no constraint of their table limits to them."""
    for model in models:
        for field in model._meta.concrete_fields:
            if field.choices and not any(_limits(one, field) for one in _checks(model)):
                yield f"{model._meta.label}.{field.name}"


def _checks(model: type[Model]) -> list[CheckConstraint]:
    return [one for one in model._meta.constraints if isinstance(one, CheckConstraint)]


def _limits(check: CheckConstraint, field: "Field[object, object]") -> bool:
    known = sorted(str(value) for value, _ in field.flatchoices if value != "")
    asked = [(name, sorted(map(str, values))) for name, values in _simple(check.condition)]
    return (f"{field.name}__in", known) in asked


def _simple(condition: object) -> list[tuple[str, list[object]]]:
    if not isinstance(condition, Q) or condition.negated or len(condition.children) != 1:
        return []
    return [one for one in condition.children if isinstance(one, tuple) and one[0].endswith("__in")]


def test_are_limited_by_the_database() -> None:
    assert list(unguarded(OURS)) == []


@pytest.mark.control
def test_that_are_not_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = apps.get_model("payments.Transaction")
    monkeypatch.setattr(model._meta, "constraints", [])

    assert list(unguarded([model])) == ["payments.Transaction.kind", "payments.Transaction.outcome"]


@pytest.mark.django_db
def test_are_refused_with_another_value() -> None:
    with pytest.raises(IntegrityError, match="catalog_attribute_kind_known"):
        Attribute.objects.create(
            product_type=ProductTypeFactory.create(), code="a", name="a", kind="mood"
        )
