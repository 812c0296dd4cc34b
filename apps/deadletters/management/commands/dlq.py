"""Look at dead letters, and decide about them."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.timesince import timesince

from apps.core.errors import DomainError
from apps.deadletters import services
from apps.deadletters.errors import LetterUnknown
from apps.deadletters.models import DeadLetter, LetterState
from apps.deadletters.rules import readable
from apps.deadletters.selectors import list_decisions, list_letters

_JSON = (
    "id", "queue", "message_id", "task", "reason", "state", "receive_count", "sent_at", "seen_at",
    "decided_at", "decided_by", "note", "came_back_from_id",
)  # fmt: skip


class Command(BaseCommand):
    help = "List, show, redrive and park dead letters."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="one line each, oldest first")
        listing.add_argument("--queue", default="", help="for instance bulk-dlq")
        listing.add_argument("--state", default="", choices=LetterState.values)
        listing.add_argument("--json", action="store_true", help="JSON lines")
        showing = actions.add_parser("show", help="all that is known, and the payload")
        showing.add_argument("letter", type=int, metavar="ID")
        redriving = actions.add_parser("redrive", help="try again")
        parking = actions.add_parser("park", help="leave be")
        parking.add_argument("--reason", required=True)
        for deciding in (redriving, parking):
            deciding.add_argument("letters", type=int, nargs="*", metavar="ID")
            deciding.add_argument("--all", action="store_true", help="all that wait")
            deciding.add_argument("--queue", default="", help="with --all: of this queue")

    def handle(self, *_: Any, action: str, **options: Any) -> None:
        try:
            match action:
                case "list":
                    self._list(options["queue"], options["state"], as_json=options["json"])
                case "show":
                    self._show(options["letter"])
                case _:
                    self._decide(action, **options)
        except LetterUnknown as refusal:
            unknown = ", ".join(map(str, refusal.details["letters"]))
            raise CommandError(f"There is no dead letter {unknown}; nothing has changed.") from None
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal

    def _list(self, queue: str, state: str, *, as_json: bool) -> None:
        letters = list_letters(queue=queue, state=state)
        count = 0
        for letter in letters.iterator():
            count += 1
            self.stdout.write(_json_of(letter) if as_json else _line_of(letter))
        self.stderr.write(f"{count} dead letters" if count != 1 else "1 dead letter")

    def _show(self, number: int) -> None:
        letter = list_letters().filter(pk=number).first()
        if letter is None:
            raise LetterUnknown(letters=[number])
        self.stdout.write(_line_of(letter))
        self.stdout.write(f"message  {letter.message_id}")
        self.stdout.write(f"sent     {letter.sent_at:%Y-%m-%d %H:%M:%S %Z}")
        self.stdout.write(f"received {letter.receive_count}×")
        self.stdout.write(f"reason   {letter.reason or 'SQS gave up; no error was remembered'}")
        if letter.came_back_from_id:
            self.stdout.write(f"came back after redriving {letter.came_back_from_id}")
        for event in list_decisions(letter):
            who = f"user {event.actor_id}" if event.actor_id else "the command line"
            what = event.type.split(".")[2]
            why = event.payload.get("reason", "")
            self.stdout.write(f"{what:<8} {event.occurred_at:%Y-%m-%d %H:%M:%S} by {who}  {why}")
        self.stdout.write(f"\n{readable(letter.body)}")

    def _decide(
        self, action: str, *, letters: list[int], queue: str, reason: str = "", **options: Any
    ) -> None:
        if options["all"] == bool(letters):
            raise CommandError("Name dead letters, or say --all.")
        if queue and not options["all"]:
            raise CommandError("--queue goes with --all.")
        chosen = letters or list(
            list_letters(queue=queue, state=LetterState.WAITING).values_list("pk", flat=True)
        )
        if not chosen:
            raise CommandError("No dead letter waits there.")
        if action == "redrive":
            done = services.redrive(letter_ids=chosen, actor_id=None)
        else:
            done = services.park(letter_ids=chosen, actor_id=None, reason=reason)
        self.stdout.write(
            f"{done} of {len(set(chosen))} {'redriven' if action == 'redrive' else 'parked'}"
        )


def _line_of(letter: DeadLetter) -> str:
    age = timesince(letter.sent_at, timezone.now(), depth=1).replace("\xa0", " ")
    again = "again" if letter.came_back_from_id else ""
    reason = " ".join(letter.reason.split())[:80]
    return (
        f"{letter.pk:>6}  {letter.state:<8}  {letter.queue:<12}  {letter.task or '–':<24}"
        f"  {age:>10}  {again:<5}  {reason}"
    ).rstrip()


def _json_of(letter: DeadLetter) -> str:
    return json.dumps({name: getattr(letter, name) for name in _JSON}, default=str)
