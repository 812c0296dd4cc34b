"""The section `DOWNSTREAM` of the setting `SHOP`: who outside hears which events, one row a system."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from apps.core.registry import TABLES, Complaint
from apps.events.selectors import list_event_classes

# What a row of the database holds, and the name of a queue.
_LONGEST_NAME = 20


def complaints_about(table: Any) -> Iterator[Complaint]:
    """What is wrong with the section: a row without a name for a queue, or a pattern that nothing fits."""
    if not isinstance(table, Mapping):
        yield "", "is not a dictionary", 'Write {"erp": ("<app>.<noun>.*", …)}.'
        return
    public = [event.type for event in list_event_classes() if event.public]
    for system, patterns in table.items():
        if not _is_name(system):
            hint = f"Take small letters, digits and -, at most {_LONGEST_NAME}: it names a queue."
            yield f"[{system!r}]", "has a name that cannot be a queue's", hint
        if isinstance(patterns, str) or not all(isinstance(one, str) for one in patterns):
            yield (
                f"[{system!r}]",
                "is no list of types",
                'Write ("<app>.<noun>.<past verb>.v1", …).',
            )
            continue
        for pattern in patterns:
            if not any(fnmatchcase(one, pattern) for one in public):
                hint = "docs/events/README.md lists the public events; a pattern ends in `*`."
                yield f"[{system!r}]", f"names {pattern!r}, which fits no public event", hint


def _is_name(system: object) -> bool:
    if not isinstance(system, str) or not 0 < len(system) <= _LONGEST_NAME:
        return False
    return system.isascii() and system == system.lower() and system.replace("-", "").isalnum()


TABLES["DOWNSTREAM"] = complaints_about
