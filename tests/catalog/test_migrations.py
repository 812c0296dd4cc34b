"""What shops have typed by hand is moved into the shapes that hold it."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.catalog.invariants import INVARIANTS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def migrate() -> Iterator[Callable[[str], Any]]:
    """Brings the catalogue's tables to a migration and returns its models; to the last one, at the end."""

    def bring_to(name: str) -> Any:
        executor = MigrationExecutor(connection)
        executor.migrate([("catalog", name)])
        return executor.loader.project_state([("catalog", name)]).apps

    yield bring_to
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def put_up(models: Any, *, attributes: object = None) -> Any:
    """A product with the attributes, on a shelf of its own."""
    kind, _ = models.get_model("catalog", "ProductType").objects.get_or_create(
        code="concentrate", defaults={"name": "Concentrate"}
    )
    products = models.get_model("catalog", "Product").objects
    number = products.count()
    shelf = models.get_model("catalog", "Category").objects.create(
        name="Shelf", slug=f"shelf-{number}", path=f"{number:04d}", depth=1, numchild=0
    )
    return products.create(
        product_type=kind,
        category=shelf,
        name=f"Soap {number}",
        slug=f"soap-{number}",
        attributes={} if attributes is None else attributes,
    )


class TestGtins:
    def test_that_are_none_or_stand_for_two_things_are_emptied(
        self, migrate: Callable[[str], Any]
    ) -> None:
        before = migrate("0002_tax_classes")
        product = put_up(before)
        typed = {
            "GOOD": "2741500101016",
            "SPACED": "4006381 333931",
            "MISTYPED": "2741500101017",
            "TWICE": "02741500101016",
            "WORDS": "none yet",
            "NONE": "",
        }
        for sku, barcode in typed.items():
            before.get_model("catalog", "Variant").objects.create(
                product=product, sku=sku, barcode=barcode, options={"sku": sku}
            )

        after = migrate("0003_gtin_and_pack")

        found = after.get_model("catalog", "Variant").objects.values_list("sku", "gtin")
        assert dict(found) == {
            "GOOD": "2741500101016",
            "SPACED": "4006381333931",
            **dict.fromkeys(("MISTYPED", "TWICE", "WORDS", "NONE"), ""),
        }


class TestOptions:
    def test_become_values_in_their_order(self, migrate: Callable[[str], Any]) -> None:
        before = migrate("0003_gtin_and_pack")
        soap, wax, brush = (put_up(before) for _ in range(3))
        variants = before.get_model("catalog", "Variant").objects
        typed = {
            (soap.pk, "A-5"): {"size": "5 l", "scent": "Pine"},
            (soap.pk, "A-1"): {"size": " 1  l", "scent": None},
            (soap.pk, "A-05"): {"size": "500 ml"},
            (wax.pk, "B-5"): {"Size": 5},
            (wax.pk, "B-10"): {"Size": "10"},
            (wax.pk, "B-1.5"): {"Size": 1.5, "matt": True},
            (brush.pk, "C"): {},
        }
        for position, ((product, sku), options) in enumerate(typed.items()):
            variants.create(product_id=product, sku=sku, options=options, position=position)

        migrate("0005_options_from_json")
        after = migrate("0006_combinations_are_unique")

        texts = after.get_model("catalog", "Variant").objects.values_list("sku", "option_text")
        assert dict(texts) == {
            "A-5": "5 l, Pine",
            "A-1": "1 l, –",
            "A-05": "500 ml, –",
            "B-5": "5, –",
            "B-10": "10, –",
            "B-1.5": "1.5, true",
            "C": "",
        }
        values = after.get_model("catalog", "OptionValue").objects.order_by("option", "position")
        assert list(values.values_list("option__name", "code", "name")) == [
            ("Size", "500-ml", "500 ml"),
            ("Size", "1-l", "1 l"),
            ("Size", "1-5", "1.5"),
            ("Size", "5", "5"),
            ("Size", "5-l", "5 l"),
            ("Size", "10", "10"),
            ("Scent", "pine", "Pine"),
            ("Scent", "without", "–"),
            ("Matt", "true", "true"),
            ("Matt", "without", "–"),
        ]
        assert list_broken("C1", "C2") == []

    def test_that_tell_none_apart_make_place_for_the_sku(
        self, migrate: Callable[[str], Any]
    ) -> None:
        before = migrate("0003_gtin_and_pack")
        twins, odd, many = (put_up(before) for _ in range(3))
        for product, sku, options in (
            (twins, "A", {"size": "1 l"}),
            (twins, "B", {"size": "1 l"}),
            (odd, "C", ["1 l"]),
            (odd, "D", "1 l"),
            (many, "E", {"a": "1", "b": "1", "c": "1", "d": "1"}),
            (many, "F", {"a": "1", "b": "1", "c": "1", "d": "2"}),
        ):
            before.get_model("catalog", "Variant").objects.create(
                product=product, sku=sku, options=options
            )

        after = migrate("0006_combinations_are_unique")

        texts = after.get_model("catalog", "Variant").objects.values_list("sku", "option_text")
        assert dict(texts) == {sku: sku for sku in "ABCDEF"}
        assert list_broken("C1", "C2") == []


class TestAttributes:
    def test_become_what_they_are(
        self, migrate: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = migrate("0006_combinations_are_unique")
        odd = {"washes": " 30 ", "ph": 6.8, "vegan": "yes", "dose": 5, "hazard": "Mild"}
        fit = {"washes": 30, "ph": "6,8", "vegan": False, "dose": "Two", "hazard": "None"}
        lost = {"washes": "a few", "ph": "NaN", "vegan": "perhaps", "gone": "x", "dose": ""}
        soap, paste, powder, stone = (
            put_up(before, attributes=one) for one in (odd, fit, lost, ["no", "object"])
        )
        kinds = {
            "washes": "integer",
            "ph": "decimal",
            "vegan": "boolean",
            "dose": "text",
            "hazard": "choice",
        }
        for code, kind in kinds.items():
            before.get_model("catalog", "Attribute").objects.create(
                product_type=soap.product_type,
                code=code,
                name=code,
                kind=kind,
                choices=["None", "Eye damage", "Eye-damage"] if kind == "choice" else [],
            )

        migrate("0008_attributes_from_json")
        after = migrate("0009_no_attributes_in_json")

        rows = after.get_model("catalog", "ProductAttribute").objects
        for product, expected in (
            (soap, {"washes": 30, "ph": Decimal("6.8"), "vegan": True, "dose": "5", "hazard": "Mild"}),
            (paste, {"washes": 30, "ph": Decimal("6.8"), "vegan": False, "dose": "Two", "hazard": "None"}),
            (powder, {}),
            (stone, {}),
        ):  # fmt: skip
            assert {
                one.attribute.code: typed_value(one) for one in rows.filter(product=product.pk)
            } == expected
        choices = after.get_model("catalog", "AttributeChoice").objects.order_by("position")
        assert list(choices.values_list("code", "name")) == [
            ("none", "None"),
            ("eye-damage", "Eye damage"),
            ("eye-damage-3", "Eye-damage"),
            ("mild", "Mild"),
        ]
        said = capsys.readouterr().out
        assert "soap-2: washes is not told any more, it was 'a few'" in said
        assert said.count("is not told any more") == 4
        assert list_broken("C3") == []


def typed_value(row: Any) -> object:
    if row.choice:
        return row.choice.name
    return next(one for one in (row.number, row.is_true, row.text) if one is not None)


def list_broken(*codes: str) -> list[str]:
    """Those of the catalogue's promises that its tables break."""
    with connection.cursor() as cursor:
        for one in (one for one in INVARIANTS if one.code in codes):
            cursor.execute("SELECT array_agg(id) FROM catalog_product")
            cursor.execute(one.sql, {"keys": cursor.fetchone()[0]})
            if found := cursor.fetchall():
                return [f"{one.code}: {found}"]
    return []
