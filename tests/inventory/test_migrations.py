"""What was kept before there were warehouses is kept in `main`."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.inventory.models import Movement, Reservation, StockLevel
from tests.factories.catalog import VariantFactory
from tests.factories.inventory import broken_levels


def migrate(name: str) -> Apps:
    """Bring inventory's tables to a migration; returns the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate([("inventory", name)])
    return MigrationExecutor(connection).loader.project_state([("inventory", name)]).apps


@pytest.fixture
def old(transactional_db: None) -> Iterator[Apps]:
    """The tables before there were warehouses; afterwards they are as they were found."""
    (newest,) = (
        name
        for app, name in MigrationExecutor(connection).loader.graph.leaf_nodes("inventory")
        if app == "inventory"
    )
    yield migrate("0001_initial")
    migrate(newest)


@pytest.mark.django_db(transaction=True)
class TestTheMainWarehouse:
    def test_takes_in_what_was_there(self, old: Apps) -> None:
        sku = VariantFactory.create().sku
        old.get_model("inventory", "StockLevel").objects.create(
            variant_id=sku, on_hand=5, reserved=2
        )
        old.get_model("inventory", "Reservation").objects.create(
            reference=uuid4(), sku=sku, quantity=2
        )
        old.get_model("inventory", "Movement").objects.create(
            sku=sku, quantity=5, reason="opening", reference="A"
        )

        migrate("0004_one_level_per_warehouse")

        assert {
            StockLevel.objects.get().warehouse.code,
            Reservation.objects.get().warehouse.code,
            Movement.objects.get().warehouse.code,
        } == {"main"}
        assert broken_levels() == []
