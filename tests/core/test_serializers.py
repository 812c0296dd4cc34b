"""What the API shows of a struct follows the struct."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from rest_framework import serializers

from apps.core.api.serializers import StructSerializer
from apps.core.types import Money


class Inner(msgspec.Struct):
    words: str


class Outer(msgspec.Struct):
    id: UUID
    count: int
    at: datetime | None
    price: Money | None
    about: dict[str, Any]
    inner: Inner
    unknown: frozenset[str] = frozenset()
    secret: str = "not shown"

    @property
    def is_many(self) -> bool:
        return self.count > 1


class InnerSerializer(StructSerializer):
    struct = Inner
    shown = ("words",)


class OuterSerializer(StructSerializer):
    struct = Outer
    shown = ("id", "count", "at", "price", "about", "is_many", "part")
    help_texts = {"count": "how many"}

    part = InnerSerializer(source="inner")


def shown(**fields: Any) -> dict[str, Any]:
    outer = {"at": None, "price": None, "about": {}, "inner": Inner("b"), **fields}
    return dict(OuterSerializer(Outer(id=UUID(int=1), count=2, **outer)).data)


class TestAStruct:
    def test_is_shown_by_the_names_that_are_shown_and_no_other(self) -> None:
        assert shown() == {
            "id": str(UUID(int=1)),
            "count": 2,
            "at": None,
            "price": None,
            "about": {},
            "is_many": True,
            "part": {"words": "b"},
        }

    def test_is_shown_by_its_types(self) -> None:
        found = shown(at=datetime(2026, 1, 1, tzinfo=UTC), price=Money(150, "GBP"))

        assert found["at"] == "2026-01-01T00:00:00Z"
        assert found["price"] == {"amount": "1.50", "currency": "GBP"}

    def test_tells_the_schema_what_may_be_missing_and_what_it_means(self) -> None:
        fields = OuterSerializer().fields

        assert (fields["price"].allow_null, fields["count"].allow_null) == (True, False)
        assert fields["count"].help_text == "how many"
        assert isinstance(fields["is_many"], serializers.BooleanField)

    def test_with_a_type_that_json_has_not_is_refused(self) -> None:
        class Wrong(StructSerializer):
            struct = Outer
            shown = ("unknown",)

        with pytest.raises(KeyError):
            _ = Wrong().fields["unknown"]
