"""What notification channels are given."""

import msgspec


class WrittenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message in its reader's language, as it is kept; `id` tells a repeat.

    `subject` is one line and says what has happened, `text` is the whole, and `html` the same with links.
    """

    id: str
    kind: str
    recipient: str
    language: str
    subject: str
    text: str
    html: str
