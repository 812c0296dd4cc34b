"""Refunds of before there were requests keep their amounts, and say whether they were paid."""

from collections.abc import Iterator

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core.models import new_id
from apps.core.types import Money
from apps.payments.services import refund_payment
from apps.refunds.models import Refund
from tests.factories.refunds import bought


def migrate(name: str) -> Apps:
    """Bring the tables of refunds, and of what stands on them, to a migration of refunds."""
    targets = [("refunds", name)]
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.fixture
def old(transactional_db: None) -> Iterator[Apps]:
    """The tables before there were requests; afterwards they are as they were found."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate("0001_initial")
    MigrationExecutor(connection).migrate(newest)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("queues")
class TestRequestsAndPayment:
    def test_knows_what_was_paid(self, old: Apps) -> None:
        order = bought().order
        refunds = old.get_model("refunds", "Refund").objects
        common = {"currency": "GBP", "reason": "x", "party": "ada@example.com"}
        paid, waiting, credit = new_id(), new_id(), new_id()
        refunds.create(id=paid, order_id=order.pk, reference="A", amount_minor=420, **common)
        refunds.create(id=waiting, order_id=order.pk, reference="B", amount_minor=5, **common)
        refunds.create(id=credit, reference="C", amount_minor=7, **common)
        refund_payment(reference=order.pk, amount=Money(420, "GBP"), key=str(paid))

        migrate("0002_requests_and_payment")

        known = Refund.objects.values_list("pk", "kind", "state", "lines_minor")
        assert set(known) == {
            (paid, "return", "paid", 420),
            (waiting, "return", "approved", 5),
            (credit, "credit", "approved", 7),
        }
        assert Refund.objects.get(pk=paid).paid_at is not None
