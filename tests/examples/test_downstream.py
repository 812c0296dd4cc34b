"""The reference consumers: once each, in any order, within the contract, and back to the shop."""

import ast
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from apps.core.gateways import aws_client
from apps.core.rules import is_signed
from apps.orders.models import Order
from apps.orders.services import cancel_order
from ecommerce.messaging import DOWNSTREAM
from examples.downstream import __main__ as program
from examples.downstream.__main__ import SYSTEMS, Listener
from examples.downstream.accounting import Accounting, Unbalanced
from examples.downstream.contract import Breach, check
from examples.downstream.fulfilment import COMES_BACK, Fulfilment
from examples.downstream.shop import Shop, signature_of
from examples.downstream.system import System
from tests.architecture.source import ROOT
from tests.dev.checkout import until
from tests.factories.orders import LONDON, make_order
from tests.factories.shipping import make_shipments, tell
from tests.factories.shop import stock_variant
from tests.queues import Queues
from tests.relays import relay


def open_system(name: str, folder: Path, *, shop: Any = None) -> System:
    return (
        Fulfilment(folder=folder, shop=shop, pace="1")
        if name == "fulfilment"
        else SYSTEMS[name](folder=folder)
    )


def captured(order: str, minor: int) -> dict[str, Any]:
    amount = {"minor": minor, "currency": "GBP"}
    data = {"payment_id": str(uuid4()), "reference": order, "gateway": "fake", "amount": amount}
    return event("payments.payment.captured.v1", data)


def event(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(uuid4()), "type": kind, "occurred_at": "2026-11-21T10:00:00Z", "data": data}


class TestTheContract:
    @pytest.mark.parametrize("name", SYSTEMS)
    def test_every_event_of_a_systems_audience_is_understood(self, name: str) -> None:
        assert set(DOWNSTREAM[name]) <= SYSTEMS[name].understands

    @pytest.mark.parametrize(
        "message",
        [
            [],
            {},
            {"type": "orders.order.dreamt.v1"},
            {"type": "../README"},
            event("orders.order.paid.v1", {}),
        ],
    )
    def test_what_it_does_not_know_is_a_breach(self, message: Any) -> None:
        with pytest.raises(Breach):
            check(message)

    def test_the_systems_know_nothing_of_the_shops_code(self) -> None:
        imported = {
            name.name if isinstance(node, ast.Import) else node.module
            for path in (ROOT / "examples" / "downstream").glob("*.py")
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }

        assert "examples.downstream.system" in imported
        assert {one.split(".")[0] for one in imported if one} & {
            "apps",
            "dev",
            "ecommerce",
            "django",
        } == set()

    def test_they_sign_as_the_shop_reads(self) -> None:
        signature = signature_of(body=b"{}", secret="one", now=1_000)

        assert is_signed(body=b"{}", signature=signature, secret="one", now=1_010)


class TestTheJournal:
    def test_refuses_what_does_not_balance(self, tmp_path: Path) -> None:
        books = Accounting(folder=tmp_path)

        with pytest.raises(Unbalanced):
            books.post({"revenue": -5, "tax payable": 4}, "GBP", at="", text="", subject="")

        assert books.balance() == {}

    @given(amounts=st.lists(st.integers(1, 10**9), max_size=8), seed=st.integers(0, 99))
    def test_balances_whatever_comes_and_however_often(
        self, amounts: list[int], seed: int, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        events = [captured(str(uuid4()), minor) for minor in amounts] * 2
        random.Random(seed).shuffle(events)
        books = Accounting(folder=tmp_path_factory.mktemp("books"))

        for one in events:
            books.hear(one)

        balance = books.balance()
        assert sum(balance.values()) == 0
        assert balance.get(("GBP", "clearing with gateways"), 0) == sum(amounts)


@pytest.fixture
def published(queues: Queues) -> dict[str, list[dict[str, Any]]]:
    """What each system really receives of a busy day, over SNS and SQS."""
    sku = stock_variant(on_hand=50).sku
    (first,) = make_shipments(lines={sku: 2})
    tell(first, "shipped")
    tell(first, "delivered")
    cancel_order(order_id=make_order(lines={sku: 1}), reason="customer")
    make_order(lines={sku: 1}, token="tok_decline")
    (lost,) = make_shipments(lines={sku: 1})
    tell(lost, "failed")
    while relay():
        pass
    queues.run_all()
    return {name: queues.take(f"downstream-{name}") for name in SYSTEMS}


@pytest.mark.django_db(transaction=True)
class TestWhatTheShopPublishes:
    def test_ends_the_same_shuffled_and_twice(
        self, published: dict[str, list[dict[str, Any]]], tmp_path: Path
    ) -> None:
        for name, messages in published.items():
            assert messages
            orderly = open_system(name, tmp_path / "orderly")
            muddled = open_system(name, tmp_path / "muddled")
            twice = messages * 2
            random.Random(3).shuffle(twice)
            for message in messages:
                check(message)
                assert orderly.hear(message)
            for message in twice:
                muddled.hear(message)

            assert muddled.report() == orderly.report()

    def test_balances_in_the_journal(
        self, published: dict[str, list[dict[str, Any]]], tmp_path: Path
    ) -> None:
        books = Accounting(folder=tmp_path)
        for message in published["accounting"]:
            books.hear(message)

        assert sum(books.balance().values()) == 0
        assert books.report()[-1] == "  balances"
        money_kept = sum(
            order.total_minor for order in Order.objects.filter(status__in=["paid", "completed"])
        )
        assert books.balance()["GBP", "clearing with gateways"] == money_kept


@pytest.mark.django_db(transaction=True)
class TestFulfilment:
    def run(self, queues: Queues, server: Any, folder: Path) -> Fulfilment:
        """Let the program work until nothing is due."""
        shop = Shop(origin=server.url, system="fulfilment")
        system = Fulfilment(folder=folder, shop=shop, pace="1")
        listener = Listener(
            system, sqs=aws_client("sqs"), queue=queues.url("downstream-fulfilment"), shop=shop
        )
        for _ in range(30):
            listener.listen(wait=0)
            relay()
            queues.run_all()
        return system

    @pytest.fixture
    def shop(self, live_server: Any) -> Any:
        settings.ALLOWED_HOSTS = ["*"]
        assert urlsplit(live_server.url).hostname
        return live_server

    def test_delivers_what_is_paid(self, queues: Queues, shop: Any, tmp_path: Path) -> None:
        order_id = make_order(lines={stock_variant().sku: 2})
        queues.run_all()

        system = self.run(queues, shop, tmp_path)

        order = Order.objects.get(pk=order_id)
        assert order.status == "completed", system.report()
        assert order.shipments.get().tracking_number == f"PP-{order.number}-1"

    def test_lets_a_parcel_come_back(self, queues: Queues, shop: Any, tmp_path: Path) -> None:
        import msgspec

        address = msgspec.structs.replace(LONDON, line2=COMES_BACK)
        order_id = make_order(lines={stock_variant().sku: 2}, address=address)
        queues.run_all()

        self.run(queues, shop, tmp_path)

        order = Order.objects.get(pk=order_id)
        assert (order.status, order.reason) == ("cancelled", "not_delivered")
        assert order.shipments.get().reason == "returned to sender"

    def test_sends_nothing_that_was_withdrawn(
        self, queues: Queues, shop: Any, tmp_path: Path
    ) -> None:
        order_id = make_order(lines={stock_variant().sku: 2})
        queues.run_all()
        cancel_order(order_id=order_id, reason="customer")
        queues.run_all()

        system = self.run(queues, shop, tmp_path)

        assert Order.objects.get(pk=order_id).shipments.get().status == "withdrawn"
        told = system.books.execute("SELECT status FROM step WHERE done_at IS NOT NULL").fetchall()
        assert ("shipped",) not in told

    def test_keeps_a_breach_of_the_contract_in_the_queue(
        self, queues: Queues, tmp_path: Path
    ) -> None:
        url = queues.url("downstream-crm")
        aws_client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"type": "a.b.c.v1"}))
        listener = Listener(
            open_system("crm", tmp_path),
            sqs=aws_client("sqs"),
            queue=url,
            shop=Shop(origin="http://127.0.0.1:9", system="crm"),
        )

        listener.listen(wait=0)

        assert queues.unfinished("downstream-crm") == 1


class TestTheProgram:
    def test_ends_when_one_of_its_threads_has_died(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def work(name: str, should_stop: Any) -> None:
            if name == "crm":
                return
            until(should_stop)

        monkeypatch.setattr(program, "_run_one", work)

        assert not program.run(["accounting", "crm"], should_stop=lambda: False)
