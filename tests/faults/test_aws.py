"""SNS fails for a while (F10), and SQS does not take what is placed (F11)."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery import current_app

from apps.events.models import Delivery
from apps.orders.gateways import send_to_queue
from apps.orders.models import Order
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.faults.programs import (
    database_url,
    place,
    signed_quote,
    stage_environment,
    wait_until,
    web,
    worker,
)
from tests.faults.proxy import Proxy, proxy
from tests.queues import Queues

SECONDS = int(os.environ.get("OUTAGE_SECONDS", "5"))
ORDERS = int(os.environ.get("FAULT_ORDERS", "4")) * 4

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("emulator")]


@contextmanager
def in_front_of_aws() -> Iterator[tuple[Proxy, str]]:
    """A proxy in front of the emulator, and its address."""
    behind = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    assert behind.hostname
    assert behind.port
    with proxy(host=behind.hostname, port=behind.port) as line:
        yield line, f"http://127.0.0.1:{line.port}"


class TestADeadTopic:
    def run(self, folder: Path, *without: str) -> tuple[int, float]:
        """Send orders to a worker whose SNS is down; returns those paid before it came back, and
        the seconds from then until every event was published.
        """
        sku = stock_variant(on_hand=1_000).sku
        with in_front_of_aws() as (line, address):
            line.go_down()
            environment = stage_environment(
                DATABASE_URL=database_url(), AWS_ENDPOINT_URL_SNS=address
            )
            with worker(environment, log=folder / "worker.log", without=without):
                ends = time.monotonic() + SECONDS
                for _ in range(ORDERS):
                    send_to_queue(make_request(lines={sku: 1}))
                time.sleep(max(0.0, ends - time.monotonic()))
                wait_until(lambda: self.paid() == ORDERS, seconds=20 if not without else 0)
                paid = self.paid()
                line.come_back()
                began = time.monotonic()
                wait_until(self.is_published, seconds=120 if not without else 0)
                return paid, time.monotonic() - began

    def paid(self) -> int:
        return Order.objects.filter(status="paid").count()

    def is_published(self) -> bool:
        # The schedules' sweep, which runs once a minute in a shop.
        current_app.send_task("events.relay")
        time.sleep(1)
        pending = Delivery.objects.filter(target="sns", delivered_at=None)
        return Delivery.objects.filter(target="sns").exists() and not pending.exists()

    def test_stops_no_order_and_loses_no_event(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        paid, drained = self.run(tmp_path)

        assert paid == ORDERS
        assert self.is_published()
        heard = Counter(
            (body["type"], body["data"]["order_id"])
            for body in queues.take("downstream-fulfilment")
            if body["type"] == "orders.order.paid.v1"
        )
        assert len(heard) == ORDERS
        assert drained < 120
        reached(
            "F10",
            f"{SECONDS} s of SNS failing, {ORDERS} orders meanwhile",
            to_reach="all paid meanwhile; every event published within 2 min",
            number=f"{paid} paid meanwhile; drained after {drained:.0f} s, each event heard",
        )

    @pytest.mark.control
    def test_stops_orders_that_publish_by_themselves(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        paid, _ = self.run(tmp_path, "outbox")

        assert paid < ORDERS
        reached(
            "F10",
            "… control: events sent to SNS in the order's transaction",
            to_reach="orders wait for SNS",
            number=f"{paid} of {ORDERS} paid meanwhile",
        )


class TestADeadQueue:
    def test_is_answered_with_a_503_and_the_next_try_buys_once(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        quote = signed_quote({stock_variant(on_hand=100).sku: 1})
        with in_front_of_aws() as (line, address), self.shop(tmp_path, address) as shop:
            line.go_down()
            refused = [place(shop, quote) for _ in range(3)]
            line.come_back()
            assert not queues.unfinished("orders")
            accepted = [place(shop, quote) for _ in range(2)]

        queues.run_all()

        assert [one.status for one in refused] == [503] * 3
        assert {one.json()["code"] for one in refused} == {"temporarily_unavailable"}
        assert all(int(one.headers["Retry-After"]) > 0 for one in refused)
        assert [one.status for one in accepted] == [202, 202]
        assert Order.objects.get().status == "paid"
        reached(
            "F11",
            "SQS takes nothing while 3 times placed, then twice more",
            to_reach="503 with Retry-After, never 202; 1 order",
            number="3 × 503 with Retry-After, then 1 order paid once",
        )

    @pytest.mark.control
    def test_loses_orders_that_are_accepted_all_the_same(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        quote = signed_quote({stock_variant(on_hand=100).sku: 1})
        with (
            in_front_of_aws() as (line, address),
            self.shop(tmp_path, address, DJANGO_SETTINGS_MODULE="tests.faults.trusting") as shop,
        ):
            line.go_down()
            answer = place(shop, quote)

        queues.run_all()

        assert answer.status == 202
        assert not Order.objects.exists()
        reached(
            "F11",
            "… control: the queue's answer is not looked at",
            to_reach="an accepted order is lost",
            number="1 accepted, 0 orders",
        )

    @contextmanager
    def shop(self, folder: Path, sqs: str, **changes: str) -> Iterator[str]:
        environment = stage_environment(
            DATABASE_URL=database_url(),
            AWS_ENDPOINT_URL_SQS=sqs,
            SQS_BASE_URL=f"{sqs}/000000000000",
            **changes,
        )
        with web(environment, log=folder / "web.log") as address:
            yield address
