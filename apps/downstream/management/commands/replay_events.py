"""Send a downstream system events again."""

from argparse import ArgumentParser
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date, parse_datetime

from apps.downstream import services
from apps.downstream.selectors import list_replayable, list_systems, types_heard_by


def a_time(text: str) -> datetime:
    """A date or a time of ISO 8601; in UTC where it names no zone. Raises ValueError."""
    at = parse_datetime(text)
    if at is None and (day := parse_date(text)):
        at = datetime.combine(day, time.min)
    if at is None:
        raise ValueError(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Send events to one downstream system again; it drops what it knows by their ids."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("system", choices=list_systems())
        parser.add_argument("--event", type=UUID, nargs="+", metavar="ID")
        parser.add_argument("--since", type=a_time, metavar="TIME", help="2026-11-21T08:00, UTC")
        parser.add_argument("--until", type=a_time, metavar="TIME", help="this time is left out")
        parser.add_argument(
            "--type", nargs="+", default=[], help="whole types, as docs/events lists them"
        )
        parser.add_argument("--reason", default="", help="why, for the record")
        parser.add_argument("--dry-run", action="store_true", help="only say which")

    def handle(self, *_: Any, system: str, dry_run: bool, reason: str, **asked: Any) -> None:
        choice = {
            "event_ids": asked["event"],
            "since": asked["since"],
            "until": asked["until"],
            "types": asked["type"],
        }
        _check(system, choice)
        if dry_run:
            events = list_replayable(system=system, **choice)
            for event in events.iterator():
                self.stdout.write(
                    f"{event.occurred_at:%Y-%m-%d %H:%M:%S}  {event.type:<38} {event.pk}"
                )
            self.stderr.write(f"{events.count()} would go to {system}")
            return
        count = services.replay_events(system=system, actor_id=None, reason=reason, **choice)
        self.stdout.write(f"{count} on their way to {system}")


def _check(system: str, choice: dict[str, Any]) -> None:
    """Refuse what says nothing, or names what the system does not hear. Raises CommandError."""
    if not any(choice.values()):
        raise CommandError("Say which events: --event, --since, --until or --type.")
    if foreign := sorted(set(choice["types"]) - types_heard_by(system)):
        raise CommandError(f"{system} does not hear {', '.join(foreign)}.")
    ids = set(choice["event_ids"] or ())
    known = list_replayable(system=system, event_ids=ids).values_list("pk", flat=True)
    if ids and (missing := sorted(map(str, ids - set(known)))):
        raise CommandError(f"Never announced to {system}: {', '.join(missing)}. Nothing was sent.")
