"""Put orders and a relay task on the queues of the environment's stage: `python -m tests.faults.sending SKU COUNT`."""

import sys

import django

if __name__ == "__main__":
    django.setup()
    from celery import current_app

    from apps.orders.gateways import send_to_queue
    from tests.factories.orders import make_request

    for _ in range(int(sys.argv[2])):
        send_to_queue(make_request(lines={sys.argv[1]: 1}))
    current_app.send_task("events.relay")
