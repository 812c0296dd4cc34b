"""Every periodic task, one table: run by `celery beat` on a laptop, by EventBridge on AWS."""

from celery.schedules import crontab

SCHEDULE = {
    "relay what a crash left in the outbox": {
        "task": "events.relay",
        "schedule": crontab(minute="*"),
    },
    "cancel orders that nobody paid in time": {
        "task": "orders.expire_unpaid_orders",
        "schedule": crontab(minute="*"),
    },
}
