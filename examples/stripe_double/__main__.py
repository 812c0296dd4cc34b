"""`python -m examples.stripe_double --port 12111 --webhook-url … --webhook-secret …`"""

import argparse
import signal
import sys
import threading

from examples.stripe_double.server import Server
from examples.stripe_double.webhooks import Manners


def main() -> int:
    """Serve until asked to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for Stripe. No money moves.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", type=int, default=0)
    where.add_argument("--socket", type=int, help="a file descriptor that listens already")
    parser.add_argument("--webhook-url", default="")
    parser.add_argument("--webhook-secret", default="")
    chosen = parser.parse_args()
    manners = Manners(url=chosen.webhook_url, secret=chosen.webhook_secret)
    with Server(port=chosen.port, listening=chosen.socket, manners=manners) as server:
        asked, ended = threading.Event(), threading.Event()

        def stop(*_: object) -> None:
            asked.set()
            ended.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)

        def serve() -> None:
            try:
                server.serve_forever()
            finally:
                ended.set()

        threading.Thread(target=serve, daemon=True).start()
        ended.wait()
        server.shutdown()
    # Ended without being asked to: the thread that served has died.
    return 0 if asked.is_set() else 1


if __name__ == "__main__":
    sys.exit(main())
