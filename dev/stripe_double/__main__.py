"""`python -m dev.stripe_double --port 12111 --webhook-url … --webhook-secret …`"""

import argparse
import signal
import sys
import threading

from dev.stripe_double.server import Server
from dev.stripe_double.webhooks import Manners


def main() -> int:
    """Serve until asked to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for Stripe. No money moves.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook-url", default="")
    parser.add_argument("--webhook-secret", default="")
    chosen = parser.parse_args()
    manners = Manners(url=chosen.webhook_url, secret=chosen.webhook_secret)
    with Server(port=chosen.port, manners=manners) as server:
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stopping.wait()
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
