"""How long translations are kept: as long as what they are of."""

from apps.core.types import Retention

RETENTION = (
    Retention(
        model="translations.Text",
        why="A view: kept with the rows whose texts it shows.",
        impersonal=("source", "text"),
    ),
)
