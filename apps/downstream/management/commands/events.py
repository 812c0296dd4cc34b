"""Show who reacts to what: each event, the handlers in the shop and the systems outside."""

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from apps.downstream.selectors import audience_of
from apps.events.selectors import list_event_classes
from apps.events.services import subscriptions_to
from apps.events.types import Event


class Command(BaseCommand):
    help = (
        "Show each event that installed apps announce, who reacts to it and who hears it outside."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--markdown", action="store_true", help="the table that docs/events/README.md holds"
        )

    def handle(self, *_: Any, markdown: bool, **__: Any) -> None:
        announced = [
            event
            for event in list_event_classes()
            if apps.get_containing_app_config(event.__module__)
        ]
        self.stdout.write(_table(announced) if markdown else "\n\n".join(map(_entry, announced)))


def _entry(event: type[Event]) -> str:
    """An event as a person reads it on a terminal."""
    lines = [f"{event.type}  ({'public' if event.public else 'internal'})", f"  {_fact_of(event)}"]
    for label, words in (
        ("personal fields", sorted(event.personal)),
        ("reacts here", _reactions(event)),
        ("hears outside", sorted(audience_of(event.type))),
    ):
        lines.append(f"  {label + ':':<17}{', '.join(words) or 'none'}")
    return "\n".join(lines)


def _table(announced: list[type[Event]]) -> str:
    """All events as a table of Markdown; a dash stands where an event is not public."""
    rows = [
        "| event | reacts in the shop | hears it outside | personal fields |",
        "|---|---|---|---|",
    ]
    for event in announced:
        systems = ", ".join(sorted(audience_of(event.type))) or "nobody"
        cells = (
            event.type,
            ", ".join(_reactions(event)) or "nobody",
            systems if event.public else "–",
            ", ".join(sorted(event.personal)),
        )
        rows.append("| {} | {} | {} | {} |".format(*cells).replace("|  |", "| |"))
    return "\n".join(rows)


def _fact_of(event: type[Event]) -> str:
    return (event.__doc__ or "").strip().partition("\n")[0]


def _reactions(event: type[Event]) -> list[str]:
    """The targets of our handlers, each with its lane, or that it asks somebody outside."""
    found = []
    for one in subscriptions_to(event.type):
        where = f" (lane {one.lane})" if one.lane else " (remote)" if one.remote else ""
        found.append(one.target + where)
    return sorted(found)
