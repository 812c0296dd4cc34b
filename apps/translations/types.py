"""What is said of the shop's texts in other languages."""

import msgspec


class TextRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a file of translations: which text of which row, as it is and as it should be.

    `kind` is the model (`catalog.product`), `key` what tells its row from all others, parts of it parted by
    slashes (`concentrate/hazard/irritant`), `language` a tag of BCP 47.
    """

    kind: str
    key: str
    field: str
    language: str
    source: str
    text: str


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the shop's texts are there in a language, of all that could be."""

    language: str
    translated: int
    whole: int

    @property
    def missing(self) -> int:
        """How many are shown in the shop's own language instead."""
        return self.whole - self.translated
