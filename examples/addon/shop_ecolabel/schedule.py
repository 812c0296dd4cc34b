from celery.schedules import crontab

SCHEDULE = {
    "count eco-labels": {
        "task": "shop_ecolabel.count",
        "schedule": crontab(hour="5", minute="30"),
        "options": {"expires": 3_600},
    },
}
