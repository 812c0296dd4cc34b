"""Settings for a control: an order is accepted whether or not the queue took it."""

from ecommerce.settings.test import *  # noqa: F403

MIDDLEWARE = ["tests.faults.trusting.TrustsTheQueue", *MIDDLEWARE]  # noqa: F405


class TrustsTheQueue:
    def __init__(self, get_response) -> None:
        from contextlib import suppress

        from apps.orders import gateways

        self.get_response = get_response
        send = gateways.send_to_queue

        def send_and_hope(request) -> None:
            with suppress(Exception):
                send(request)

        gateways.send_to_queue = send_and_hope

    def __call__(self, request):
        return self.get_response(request)
