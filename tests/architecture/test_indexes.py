"""Every index is one that a question needs: each costs a write for every row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import connection
from django.db.models import Index as ModelIndex
from django.db.models import Model, UniqueConstraint
from django.db.models.functions import Upper

from apps.accounts.models import User
from apps.orders.models import Order
from tests.architecture.source import ROOT

_INDEXES = """
SELECT t.relname, i.relname, x.indkey::text, array_to_string(x.indclass::oid[], ' '), x.indoption::text,
       x.indisunique, x.indpred IS NOT NULL OR x.indexprs IS NOT NULL, am.amname
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_am am ON am.oid = i.relam
JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
"""
# Libraries' tables, what a user is, and what Django makes of a many-to-many: they hold few rows, and their
# fields are not ours to declare.
_NOT_OURS = ("auth_", "django_", "accounts_user_", "catalog_product_tags")
# Tables with rows of each order or of each visit, and the column that is asked for by its beginning.
_BUSY = (
    "cart_",
    "events_",
    "invoicing_document",
    "orders_",
    "payments_",
    "refunds_",
    "shipping_shipment",
)
_ASKED_BY_BEGINNING = {"refunds_refund_reference", "refunds_refundpicture_name"}


@dataclass(frozen=True, kw_only=True)
class Index:
    table: str
    name: str
    columns: tuple[tuple[str, str, str], ...]
    is_unique: bool
    is_special: bool
    method: str


def indexes() -> list[Index]:
    """Every index of the shop's own tables."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES)
        return [
            Index(
                table=table,
                name=name,
                columns=tuple(zip(keys.split(), classes.split(), options.split(), strict=False)),
                is_unique=is_unique,
                is_special=is_special,
                method=method,
            )
            for table, name, keys, classes, options, is_unique, is_special, method in cursor.fetchall()
            if not table.startswith(_NOT_OURS)
        ]


def redundant(all_: list[Index]) -> Iterator[str]:
    """Indexes whose columns another index of the table begins with."""
    plain = [one for one in all_ if one.method == "btree" and not one.is_special]
    for one in plain:
        for other in plain:
            begins = other.columns[: len(one.columns)] == one.columns
            if one is not other and one.table == other.table and begins and not one.is_unique:
                yield f"{one.name} is the beginning of {other.name}"


@pytest.mark.django_db
class TestIndexes:
    def test_do_not_repeat_the_beginning_of_another(self) -> None:
        assert list(redundant(indexes())) == []

    def test_that_do_are_noticed(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX twice ON orders_orderline (order_id)")

        assert list(redundant(indexes())) == ["twice is the beginning of orders_line_position_once"]

    def test_of_a_texts_beginning_are_there_where_it_is_asked_for(self) -> None:
        """Django makes one beside each index of a text, for LIKE 'x%'."""
        found = {
            one.name.rsplit("_", 2)[0]
            for one in indexes()
            if one.name.endswith("_like") and one.table.startswith(_BUSY)
        }

        assert found == _ASKED_BY_BEGINNING


class TestComparingWithoutCase:
    """`iexact` asks for UPPER(column): each order and each log-in would read the whole table."""

    def test_is_of_columns_that_have_an_index_for_it(self) -> None:
        asked = {
            name.rpartition("__")[2]
            for path in (ROOT / "apps").rglob("*.py")
            for name in re.findall(r"(\w+)__iexact\b", path.read_text())
        }

        assert asked == {"email"}
        assert all(is_indexed_without_case(model, "email") for model in (Order, User))

    def test_that_has_none_is_noticed(self) -> None:
        assert not is_indexed_without_case(User, "name")


def is_indexed_without_case(model: type[Model], column: str) -> bool:
    kept: list[ModelIndex | UniqueConstraint] = [
        *model._meta.indexes,
        *(one for one in model._meta.constraints if isinstance(one, UniqueConstraint)),
    ]
    return any(Upper(column) in one.expressions for one in kept)
