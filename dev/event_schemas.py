"""Writes the JSON Schema of every announced event to docs/events/.

Run `python -m dev.event_schemas` after an event has gained a field, and read the difference: a field
that went or changed its type breaks whoever listens, and belongs into a new version of the event.
"""

import json
import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "events"


def rendered_schemas() -> dict[str, str]:
    """The text of each schema file by its name, as the code has it now."""
    from apps.events.rules import json_schema  # noqa: PLC0415 - needs settings
    from ecommerce.messaging import ANNOUNCED  # noqa: PLC0415

    return {
        f"{event.type}.json": json.dumps(json_schema(event=event), indent=2, ensure_ascii=False)
        + "\n"
        for event in ANNOUNCED
    }


def write_schemas() -> None:
    """Make the folder's schemas those of the code, no more and no fewer."""
    schemas = rendered_schemas()
    for stale in FOLDER.glob("*.json"):
        if stale.name not in schemas:
            stale.unlink()
    for name, text in schemas.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecommerce.settings.test")
    django.setup()
    write_schemas()
