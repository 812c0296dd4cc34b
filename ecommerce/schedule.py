"""Every periodic task, one table: run by `celery beat` on a laptop, by EventBridge on AWS."""

from celery.schedules import crontab

SCHEDULE = {
    "hold the shop against its promises": {
        "task": "audit.check_shop",
        "schedule": crontab(minute="7"),
    },
    "relay what a crash left in the outbox": {
        "task": "events.relay",
        "schedule": crontab(minute="*"),
    },
    "free what was promised to lost orders": {
        "task": "inventory.release_expired",
        "schedule": crontab(minute="*"),
    },
    "recount the stock": {
        "task": "inventory.recount",
        "schedule": crontab(hour="3", minute="20"),
    },
    "cancel orders that nobody paid in time": {
        "task": "orders.expire_unpaid_orders",
        "schedule": crontab(minute="*"),
    },
    "cancel orders that no manager approved in time": {
        "task": "orders.expire_unapproved_orders",
        "schedule": crontab(minute="*"),
    },
    "give up shipments that are late": {
        "task": "shipping.give_up_overdue",
        "schedule": crontab(minute="*"),
    },
    "go on with orders whose message was lost": {
        "task": "orders.resume_placed_orders",
        "schedule": crontab(minute="*/5"),
    },
    "compare the payment gateways with the ledger": {
        "task": "payments.reconcile",
        "schedule": crontab(minute="*/5"),
    },
}
