"""Each message comes one to five times, shuffled and late (F6): the end is that of one orderly delivery."""

import hashlib
import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from apps.orders.models import Order
from apps.orders.services import process_order
from ecommerce.messaging import QUEUES
from tests.factories.catalog import VariantFactory
from tests.factories.orders import make_request
from tests.factories.shop import stock_variant
from tests.faults.programs import database_url, stage_environment, wait_until, workers
from tests.queues import Queues
from tests.relays import relay

MESSAGES = int(os.environ.get("FAULT_MESSAGES", "40"))
LATEST = int(os.environ.get("FAULT_DELAY_SECONDS", "3"))
OURS = [queue.name for queue in QUEUES]
TOKENS = ("tok_success", "tok_success", "tok_decline", "tok_3ds", "tok_timeout")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("emulator")]

# What there is in the end, without the ids and times that differ from run to run.
_STATE = (
    "SELECT id::text, status, reason, version, total_minor FROM orders_order ORDER BY id",
    "SELECT sku, on_hand, reserved FROM inventory_stocklevel ORDER BY sku",
    "SELECT reference::text, sku, quantity, released_at IS NULL FROM inventory_reservation"
    " ORDER BY reference, sku",
    "SELECT reference::text, authorised_minor, captured_minor, refunded_minor, closed_at IS NULL"
    " FROM payments_payment ORDER BY reference",
    "SELECT payment.reference::text, kind, outcome, entry.amount_minor"
    " FROM payments_transaction entry JOIN payments_payment payment ON payment.id = payment_id"
    " ORDER BY 1, 2, 3",
    # Those about an order; documents and mails have ids of their own.
    "SELECT subject, type FROM events_outboxmessage"
    " WHERE split_part(type, '.', 1) IN ('orders', 'payments', 'shipping') ORDER BY 1, 2",
    "SELECT number, status FROM shipping_shipment ORDER BY number",
    "SELECT reference, kind, state FROM notifications_message WHERE kind LIKE 'order_%%'"
    " ORDER BY 1, 2",
)


def state() -> str:
    """A digest of everything that came of the messages."""
    tables = []
    with connection.cursor() as cursor:
        for statement in _STATE:
            cursor.execute(statement.replace("%%", "%"))
            tables.append([[str(value) for value in row] for row in cursor.fetchall()])
    return hashlib.sha256(json.dumps(tables).encode()).hexdigest()


def stock_shelves(skus: list[str]) -> None:
    for sku in skus:
        stock_variant(sku=sku, on_hand=100_000)


def send(request: dict[str, Any], *, delay: int) -> None:
    current_app.send_task(
        "orders.process_order", kwargs={"request": request}, queue="orders", countdown=delay or None
    )


def deliver_in_a_muddle(
    requests: list[dict[str, Any]],
    *,
    folder: Path,
    is_done: Callable[[int], bool],
    without: tuple[str, ...] = (),
) -> int:
    """Send one to five copies of each request, shuffled and delayed, to two workers; returns how many."""
    chance = random.Random(6)
    copies = [request for request in requests for _ in range(chance.randint(1, 5))]
    chance.shuffle(copies)
    for copy in copies:
        send(copy, delay=chance.randint(0, LATEST))
    environment = stage_environment(DATABASE_URL=database_url())
    with workers(environment, folder=folder, threads=4, without=without):
        assert wait_until(lambda: is_done(len(copies)), seconds=60 + MESSAGES / 4)
    return len(copies)


def is_quiet(queues: Queues) -> bool:
    """Whether nothing waits, not even for the schedules' sweep."""
    relay()
    if any(queues.unfinished(name) for name in OURS):
        return False
    time.sleep(0.5)
    return not any(queues.unfinished(name) for name in OURS) and not relay()


class TestMessagesThatComeAgain:
    def requests(self, skus: list[str]) -> list[dict[str, Any]]:
        chance = random.Random(MESSAGES)
        return [
            make_request(
                lines={sku: chance.randint(1, 3) for sku in chance.sample(skus, 2)},
                token=chance.choice(TOKENS),
            )
            for _ in range(MESSAGES)
        ]

    def test_end_as_if_each_had_come_once(
        self, tmp_path: Path, queues: Queues, settings: Settings, reached: Callable[..., None]
    ) -> None:
        # All orders are of one guest; the workers' environment says the same.
        settings.GUEST_UNITS = 1_000_000
        skus = [VariantFactory.build().sku for _ in range(5)]
        stock_shelves(skus)
        requests = self.requests(skus)
        for request in requests:
            process_order(request=request)
        while relay():
            pass
        orderly = state()
        queues.purge()
        call_command("flush", verbosity=0, interactive=False)
        stock_shelves(skus)

        copies = deliver_in_a_muddle(requests, folder=tmp_path, is_done=lambda _: is_quiet(queues))

        assert Order.objects.count() == MESSAGES
        assert state() == orderly
        reached(
            "F6",
            f"{MESSAGES} messages, each 1–5 times ({copies}), shuffled, up to {LATEST} s late",
            to_reach="the state of one orderly delivery",
            number=f"the same digest {orderly[:12]}…",
        )

    @pytest.mark.control
    def test_end_otherwise_without_the_id_as_the_key(
        self, tmp_path: Path, queues: Queues, reached: Callable[..., None]
    ) -> None:
        skus = [VariantFactory.build().sku for _ in range(5)]
        stock_shelves(skus)
        requests = self.requests(skus)[:20]

        copies = deliver_in_a_muddle(
            requests,
            folder=tmp_path,
            # A message that a slow worker has hidden too briefly comes once more, and is one more.
            is_done=lambda copies: Order.objects.count() >= copies,
            without=("one order per quote",),
        )

        assert copies > len(requests)
        reached(
            "F6",
            "… control: an order id of its own for each message",
            to_reach="more orders than messages",
            number=f"{Order.objects.count()} orders of {len(requests)} messages",
        )
