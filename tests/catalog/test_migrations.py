"""What shops have typed by hand is moved into the shapes that hold it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

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


def put_up(models: Any, *, attributes: dict[str, Any] | None = None) -> Any:
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
        attributes=attributes or {},
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
