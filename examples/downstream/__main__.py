"""Run downstream systems: `python -m examples.downstream [SYSTEM…]`, or look at their books with `--report`."""

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from examples.downstream.accounting import Accounting
from examples.downstream.contract import Breach, check
from examples.downstream.fulfilment import Fulfilment
from examples.downstream.others import Crm, Inventory, Support
from examples.downstream.shop import Shop, Unreachable
from examples.downstream.system import System

BOOKS = Path(__file__).resolve().parents[2] / "var" / "downstream"
SYSTEMS: dict[str, type[System]] = {
    one.name: one for one in (Fulfilment, Accounting, Inventory, Crm, Support)
}


def open_books(name: str, *, folder: Path = BOOKS) -> System:
    """The system's books, and for fulfilment its line to the shop."""
    if name == Fulfilment.name:
        return Fulfilment(folder=folder, shop=Shop(origin=_origin(), system=name))
    return SYSTEMS[name](folder=folder)


class Listener:
    """Brings a system what waits in its queue, and the shop its receipts."""

    def __init__(self, system: System, *, sqs: Any, queue: str, shop: Shop) -> None:
        self._system, self._sqs, self._queue, self._shop = system, sqs, queue, shop

    def listen(self, *, wait: int = 1) -> int:
        """Hear what has come, do what is due, and send receipts; returns how many were heard."""
        answer = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self._hear(message)
        self._system.tick()
        self._send_receipts()
        return len(messages)

    def _hear(self, message: dict[str, Any]) -> None:
        """A breach of the contract stays in the queue, until SQS moves it to the dead letters."""
        try:
            event = json.loads(message["Body"])
            check(event)
        except (ValueError, Breach) as breach:
            print(f"{self._system.name}: {breach}", file=sys.stderr)
            return
        self._system.hear(event)
        self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])

    def _send_receipts(self) -> None:
        if not (receipts := self._system.untold()):
            return
        try:
            status = self._shop.acknowledge(receipts)
        except Unreachable:
            return
        if status < 300:
            self._system.note_told(receipts)


def run(names: list[str], *, should_stop: Callable[[], bool]) -> bool:
    """Each system in a thread of its own, until asked to stop; False if one of them has died before."""
    died = threading.Event()

    def watch(name: str) -> None:
        try:
            _run_one(name, lambda: should_stop() or died.is_set())
        finally:
            if not should_stop():
                died.set()

    threads = [threading.Thread(target=watch, args=(name,), name=name) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return not died.is_set()


def _run_one(name: str, should_stop: Callable[[], bool]) -> None:
    import boto3  # noqa: PLC0415 - reports need none

    stage = os.environ.get("STAGE", "local")
    base = os.environ.get("SQS_BASE_URL") or f"{os.environ['AWS_ENDPOINT_URL']}/000000000000"
    listener = Listener(
        open_books(name),
        sqs=boto3.session.Session().client("sqs"),
        queue=f"{base}/{stage}-downstream-{name}",
        shop=Shop(origin=_origin(), system=name),
    )
    while not should_stop():
        try:
            listener.listen()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next round may succeed
            # Also where there is no room to say so.
            with contextlib.suppress(OSError):
                print(f"{name}: {error!r}", file=sys.stderr)
            time.sleep(1)


def _origin() -> str:
    return os.environ.get("SHOP_ORIGIN", "http://127.0.0.1:8000")


def main(arguments: list[str]) -> int:
    """Run the systems that the command line names, or show their books; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m examples.downstream", description=__doc__)
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=", ".join(SYSTEMS))
    parser.add_argument("--report", action="store_true", help="show their books and end")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.systems) - set(SYSTEMS):
        parser.error(f"no system is called {', '.join(sorted(unknown))}")
    names = asked.systems or list(SYSTEMS)
    if asked.report:
        for name in names:
            print("\n".join([name, *(f"  {line}" for line in open_books(name).report())]))
        return 0
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return 0 if run(names, should_stop=stopped.is_set) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
