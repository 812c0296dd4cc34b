"""What the staff screens of all apps have in common."""

from apps.core.admin.figures import (
    MajorUnits,
    MajorUnitsForm,
    account_column,
    minor_of,
    moment_text,
    money_column,
    name_of,
    names_of,
)
from apps.core.admin.panels import (
    Panel,
    PanelledAdmin,
    Subject,
    event_words,
    finder,
    link,
    link_to,
    lists,
    opens,
    panel,
    tell_events,
)
from apps.core.admin.questions import AskingAdmin, amounts_text, asks, noted_with, sum_of
from apps.core.admin.screens import FoundByOrder, ReadOnlyAdmin, ReadOnlyInline, UploadForm

__all__ = [
    "AskingAdmin",
    "FoundByOrder",
    "MajorUnits",
    "MajorUnitsForm",
    "Panel",
    "PanelledAdmin",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "Subject",
    "UploadForm",
    "account_column",
    "amounts_text",
    "asks",
    "event_words",
    "finder",
    "link",
    "link_to",
    "lists",
    "minor_of",
    "moment_text",
    "money_column",
    "name_of",
    "names_of",
    "noted_with",
    "opens",
    "panel",
    "sum_of",
    "tell_events",
]
