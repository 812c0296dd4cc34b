from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints
from uuid import UUID

from django.conf.locale import LANG_INFO
from rest_framework import serializers

from apps.core.models import Translated
from apps.core.types import Money

UNKNOWN_LANGUAGE = "There is no such language. Give its tag in small letters, as in en, de, pt-br."


class MomentField(serializers.DateTimeField):
    """A moment, always told in UTC, and taken for UTC where it names no zone: programs know no seller."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class LanguageField(serializers.CharField):
    """A language as markets speak them (BCP 47, in small letters)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=10, **kwargs)

    def run_validators(self, value: str) -> None:
        """Refuse what is no language."""
        if value not in LANG_INFO:
            raise serializers.ValidationError(UNKNOWN_LANGUAGE)
        super().run_validators(value)


class LocalizedField(serializers.CharField):
    """A text of a row in the language of the answer, else in the shop's own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Translated) -> str:
        """The row's own field of this name, translated."""
        return instance.localized(str(self.field_name))


class MoneySerializer(serializers.Serializer[Money]):
    """An exact amount in major units, as a decimal string, with its currency (ISO 4217)."""

    amount = serializers.CharField()
    currency = serializers.CharField()


class DecimalTextField(serializers.CharField):
    """A price of one unit in major units, as a decimal string without zeros behind it."""

    def to_representation(self, value: Any) -> str:
        """The decimal, never in powers of ten."""
        return f"{value.normalize():f}"


class StructSerializer(serializers.Serializer[Any]):
    # Shows a struct: a field that is only named has the type that the struct says. A struct inside a
    # struct, and what goes by another name or says more than the struct, is declared. (As a docstring
    # this would stand in the API's schema, beside each of its kind.)
    struct: ClassVar[type]
    shown: ClassVar[tuple[str, ...]]
    help_texts: ClassVar[Mapping[str, str]] = {}

    def get_fields(self) -> dict[str, "serializers.Field[Any, Any, Any, Any]"]:
        """One field for each name that is shown, in their order."""
        return {name: self._field_of(name) for name in self.shown}

    def _field_of(self, name: str) -> "serializers.Field[Any, Any, Any, Any]":
        if declared := self._declared_fields.get(name):
            return deepcopy(declared)
        kind, is_nullable = _kind_of(self.struct, name)
        told: dict[str, Any] = {"allow_null": True} if is_nullable else {}
        if name in self.help_texts:
            told["help_text"] = self.help_texts[name]
        return _FIELDS[kind](**told)


_FIELDS: Mapping[Any, Callable[..., "serializers.Field[Any, Any, Any, Any]"]] = {
    str: serializers.CharField,
    int: serializers.IntegerField,
    bool: serializers.BooleanField,
    UUID: serializers.UUIDField,
    datetime: MomentField,
    dict: serializers.DictField,
    Money: MoneySerializer,
    Any: serializers.JSONField,
}


@cache
def _kind_of(struct: type, name: str) -> tuple[Any, bool]:
    """The type of a struct's field or property, and whether it may be None."""
    is_property = isinstance(of_class := getattr(struct, name), property)
    hints = get_type_hints(of_class.fget if is_property else struct)
    hint = hints["return" if is_property else name]
    among = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    (kind,) = (one for one in among if one is not NoneType)
    return get_origin(kind) or kind, NoneType in among


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem document; `code` is stable, `detail` is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
