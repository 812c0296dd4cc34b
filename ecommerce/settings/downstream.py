"""Who outside hears which events: one row a system, with types or patterns (`orders.order.*`).

After a change run `python -m infra.write` and `python -m dev.event_schemas`, and read the differences.
"""

DOWNSTREAM: dict[str, tuple[str, ...]] = {
    "fulfilment": (
        "accounts.customer.erased.v1",
        "orders.order.cancelled.v1",
        "orders.order.paid.v1",
        "shipping.shipment.requested.v1",
        "shipping.shipment.withdrawn.v1",
    ),
    "accounting": (
        "accounts.customer.erased.v1",
        "orders.order.cancelled.v1",
        "orders.order.paid.v1",
        "payments.payment.*",
        "refunds.refund.*",
        "shipping.shipment.delivered.v1",
        "shipping.shipment.shipped.v1",
    ),
    "inventory": (
        "inventory.stock.low.v1",
        "orders.order.cancelled.v1",
        "orders.order.placed.v1",
        "refunds.refund.approved.v1",
        "refunds.refund.refused.v1",
        "refunds.refund.requested.v1",
        "shipping.shipment.delivered.v1",
        "shipping.shipment.failed.v1",
        "shipping.shipment.overdue.v1",
        "shipping.shipment.shipped.v1",
    ),
    "crm": (
        "accounts.customer.*",
        "orders.order.*",
        "refunds.refund.approved.v1",
        "refunds.refund.refused.v1",
        "refunds.refund.requested.v1",
        "shipping.shipment.delivered.v1",
        "shipping.shipment.failed.v1",
        "shipping.shipment.overdue.v1",
        "shipping.shipment.shipped.v1",
    ),
    "support": (
        "accounts.customer.erased.v1",
        "orders.order.cancelled.v1",
        "orders.order.rejected.v1",
        "payments.payment.disputed.v1",
        "payments.payment.failed.v1",
        "refunds.refund.*",
        "shipping.shipment.failed.v1",
        "shipping.shipment.overdue.v1",
    ),
}
