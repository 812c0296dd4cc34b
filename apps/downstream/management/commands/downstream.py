"""Show what waits for one downstream system, without removing it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.downstream.selectors import list_systems
from apps.downstream.services import peek_downstream


class Command(BaseCommand):
    help = "Show the events that wait in one downstream system's queue; nothing is removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("system", choices=list_systems())
        parser.add_argument("--full", action="store_true", help="whole messages as JSON lines")

    def handle(self, *_: Any, system: str, full: bool, **__: Any) -> None:
        waiting = 0
        for body in peek_downstream(system=system):
            waiting += 1
            line = json.dumps(body) if full else "{occurred_at}  {type:<38} {id}".format(**body)
            self.stdout.write(line)
        self.stderr.write(f"{waiting} waiting for {system}")
