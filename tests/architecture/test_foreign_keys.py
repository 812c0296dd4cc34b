"""Foreign keys point down: `"app.Model"` strings escape the import linter."""

import pytest
from django.apps import apps

from tests.architecture.source import layer_of


def relations() -> list[tuple[str, str, str]]:
    """Each relation of our models: the owning app, the app it points to, and where it stands."""
    return [
        (
            model._meta.app_label,
            field.related_model._meta.app_config.name,
            f"{model.__name__}.{field.name}",
        )
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("apps.")
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]
        if field.related_model is not None
    ]


def points_down(*, owner: str, target: str) -> bool:
    """Whether a model of the app `owner` may point to a model of the package `target`."""
    if target.startswith("django.contrib."):
        return True
    heights = layer_of()
    target = target.removeprefix("apps.")
    return owner == target or heights[target] < heights[owner]


class TestForeignKeys:
    def test_are_found(self) -> None:
        assert ("refunds", "apps.orders", "Refund.order") in relations()

    def test_point_down(self) -> None:
        upward = [
            place
            for owner, target, place in relations()
            if not points_down(owner=owner, target=target)
        ]

        assert upward == []

    @pytest.mark.parametrize(
        ("owner", "target", "expected"),
        [
            ("orders", "apps.orders", True),
            ("orders", "apps.accounts", True),
            ("accounts", "django.contrib.auth", True),
            ("accounts", "apps.orders", False),
            ("orders", "apps.cart", False),
            ("payments", "apps.inventory", False),
        ],
    )
    def test_upward_and_sideways_is_noticed(self, owner: str, target: str, expected: bool) -> None:
        assert points_down(owner=owner, target=target) is expected
