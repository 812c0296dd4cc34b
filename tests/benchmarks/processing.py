"""Order processing in one process: `python -m tests.benchmarks.processing [--send] COUNT`.

Prints a line of the table: the shop's own way from message to paid order, beside the same rows
written by one bare SQL transaction. With `--send` it only fills the orders queue, and prints how
many orders are paid already.
"""

import sys
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import django


def main() -> None:
    django.setup()
    from apps.orders.gateways import send_to_queue
    from apps.orders.models import Order
    from apps.orders.services import process_order
    from tests.factories.orders import make_request

    count = int(sys.argv[-1])
    skus = dict.fromkeys(("AB-FLR-001-1L-PIN", "AB-FLR-002-1L-LEM", "AB-FLR-002-5L-EUC"), 1)
    requests = [make_request(lines=skus) for _ in range(count)]
    if "--send" in sys.argv:
        for request in requests:
            send_to_queue(request)
        print(Order.objects.filter(status="paid").count())
        return
    for request in [make_request(lines=skus) for _ in range(20)]:
        process_order(request=request)
        write_bare(request)
    shop = measure(requests, lambda request: process_order(request=request))
    floor = measure(requests, write_bare)
    print(f"| order processing, 3 lines | {shop} | {floor} |")


def measure(requests: Sequence[Any], work: Callable[[Any], object]) -> str:
    """`p50 / p95 | CPU` in milliseconds per request."""
    seconds, cpu = [], time.process_time()
    for request in requests:
        began = time.perf_counter()
        work(request)
        seconds.append(time.perf_counter() - began)
    cpu = time.process_time() - cpu
    ordered = sorted(seconds)
    p50, p95 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    return f"{p50 * 1000:.1f} / {p95 * 1000:.1f} | {cpu / len(ordered) * 1000:.1f}"


def write_bare(request: dict[str, Any]) -> None:
    """The rows of a paid order in one transaction: order, lines, stock, reservations, payment, ledger."""
    from django.db import connection, transaction

    order, payment = str(uuid.uuid4()), str(uuid.uuid4())
    draft = request["draft"]
    skus = [line["sku"] for line in draft["lines"]]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_order (created_at, updated_at, id, number, status, reason,"
            " reason_details, version, channel, email, language, market, currency, tax_included,"
            " lines_minor, shipping_minor, tax_minor, adjustments_minor, total_minor,"
            " address, shipping_method, shipping_name, fingerprint, accepted_at, action_url, paid_at)"
            " VALUES (now(), now(), %s, %s, 'paid', '', '{}', 2, 'web', 'a@example.com', 'en', 'gb',"
            " 'GBP', true, 10, 0, 0, 0, 10, '{}', 'standard', 'Standard', '', now(), '', now())",
            [order, order[:20]],
        )
        cursor.execute(
            "INSERT INTO orders_orderline (order_id, position, sku, title, options, quantity,"
            " list_price, unit_price, currency, amount_minor, paid_minor, tax_minor, tax_rate, stocked)"
            " SELECT %s, n, sku, sku, '', 1, 4.2, 4.2, 'GBP', 420, 420, 70, 0.2, true"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS line(sku, n)",
            [order, skus],
        )
        cursor.execute(
            "WITH taken AS (UPDATE inventory_stocklevel SET reserved = reserved + 1"
            " WHERE id IN (SELECT DISTINCT ON (sku) id FROM inventory_stocklevel"
            " WHERE sku = ANY(%s) AND on_hand > reserved ORDER BY sku, warehouse_id)"
            " AND on_hand - reserved >= 1 RETURNING sku, warehouse_id)"
            " INSERT INTO inventory_reservation (reference, sku, warehouse_id, quantity, created_at)"
            " SELECT %s, sku, warehouse_id, 1, now() FROM taken",
            [skus, order],
        )
        cursor.execute(
            "INSERT INTO payments_payment (created_at, updated_at, id, reference, gateway, token,"
            " currency, amount_minor, authorised_minor, captured_minor, refunded_minor,"
            " gateway_reference, action_url)"
            " VALUES (now(), now(), %s, %s, 'fake', 't', 'GBP', 10, 10, 10, 0, 'r', '')",
            [payment, order],
        )
        cursor.execute(
            "INSERT INTO payments_transaction (payment_id, kind, outcome, amount_minor, currency,"
            " idempotency_key, gateway_reference, reason, created_at)"
            " SELECT %s, kind, 'succeeded', 10, 'GBP', %s || kind, '', '', now()"
            " FROM unnest(ARRAY['authorise', 'capture']) AS answer(kind)",
            [payment, payment],
        )
        cursor.execute(
            "INSERT INTO events_outboxmessage (id, type, subject, payload, is_public, occurred_at)"
            " SELECT gen_random_uuid(), 'bench.' || n, %s, '{}', false, now()"
            " FROM generate_series(1, 3) AS n",
            [order],
        )


if __name__ == "__main__":
    main()
