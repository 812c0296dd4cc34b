"""Put orders and a relay task on the queues of the environment's stage: `python -m tests.faults.sending SKU COUNT`."""

import sys

import django

if __name__ == "__main__":
    django.setup()
    from apps.orders.gateways import send_to_queue
    from ecommerce.celery import app
    from tests.factories.orders import make_request

    for _ in range(int(sys.argv[2])):
        send_to_queue(make_request(lines={sys.argv[1]: 1}))
    app.send_task("events.relay")
