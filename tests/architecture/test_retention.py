"""Each table says how long its rows are kept and which of its fields tell of a person."""

import re
from collections.abc import Sequence

import pytest
from django.apps import apps
from django.db.models import Field, Model

from apps.audit.selectors import list_retention
from apps.core.types import Retention
from tests.architecture.source import ROOT

# Parts of names that fields of a person, or texts that may speak of one, have.
PERSONAL = frozenset(
    {"address", "birth", "body", "city", "company", "content", "data", "email", "html", "line1"}
    | {"line2", "message", "name", "names", "news", "note", "party", "payload", "phone", "postcode"}
    | {"recipient", "region", "repr", "street", "text", "token"}
)
TEXTS = ("CharField", "TextField", "EmailField", "JSONField", "FileField", "GenericIPAddressField")


def looks_personal(field: "Field[object, object]") -> bool:
    """Whether a field may tell of a person, by its name and kind."""
    return field.get_internal_type() in TEXTS and bool(PERSONAL & set(field.name.split("_")))


def faults(models: Sequence[type[Model]], retention: Sequence[Retention]) -> set[str]:
    """What nobody says of a model or a field, and what is said of those that are not there."""
    told = {one.model for one in retention}
    known = {model._meta.label: model for model in models if not model._meta.proxy}
    found = {f"{label}: says nothing" for label in known.keys() - told}
    found |= {f"{label}: there is no such model" for label in told - known.keys()}
    for label in known.keys() & told:
        about = [one for one in retention if one.model == label]
        declared = {name for one in about for name in (*one.personal, *one.impersonal)}
        own = {field.name: field for field in known[label]._meta.concrete_fields}
        found |= {f"{label}.{name}: there is no such field" for name in declared - own.keys()}
        found |= {
            f"{label}.{name}: personal or not?"
            for name, field in own.items()
            if looks_personal(field) and name not in declared
        }
    return found


class TestRetention:
    def test_is_told_of_every_model_and_every_personal_field(self) -> None:
        assert faults(apps.get_models(include_auto_created=True), list_retention()) == set()

    @pytest.mark.parametrize("one", list_retention(), ids=lambda one: one.model)
    def test_has_a_reason_and_a_way(self, one: Retention) -> None:
        assert len(one.why) > 20
        assert (one.days is None) or one.expired
        assert ("%(batch)s" in one.expired) is bool(one.expired)
        assert bool(one.expired) or not one.clear

    def test_that_says_nothing_is_noticed(self) -> None:
        models = [apps.get_model("orders.Order"), apps.get_model("orders.OrderLine")]
        said = [
            Retention(model="orders.Order", why="", personal=("email", "shoe_size")),
            Retention(model="orders.Dream", why=""),
        ]

        assert faults(models, said) == {
            "orders.OrderLine: says nothing",
            "orders.Dream: there is no such model",
            "orders.Order.shoe_size: there is no such field",
            "orders.Order.address: personal or not?",
            "orders.Order.shipping_name: personal or not?",
        }


class TestThePage:
    def test_tells_what_the_code_says(self) -> None:
        page = (ROOT / "docs" / "retention.md").read_text()
        rows = set(re.findall(r"^\| `[^|]+` \|.*$", page, re.MULTILINE))

        assert rows == {row_of(one) for one in list_retention()}, "\n".join(
            row_of(one) for one in list_retention()
        )


def row_of(one: Retention) -> str:
    """The line of the page's table."""
    kept = "for good" if one.days is None else f"{one.days} days"
    if one.days is None and one.expired:
        kept = "emptied"
    personal = ", ".join(f"`{name}`" for name in one.personal)
    return f"| `{one.model}` | {kept} | {personal} | {one.why} |"
