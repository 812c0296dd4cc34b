"""Plain values of the catalogue."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class AttributeKind(StrEnum):
    """What the values of an attribute are."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CHOICE = "choice"


class TaxClass(StrEnum):
    """Which of a country's rates goods are taxed at.

    Source: Directive 2006/112/EC Art. 96 to 98 (standard, reduced, super-reduced, zero), Art. 118 (parking);
    the intermediate class is for countries with a second reduced rate.
    """

    STANDARD = "standard"
    INTERMEDIATE = "intermediate"
    REDUCED = "reduced"
    SUPER_REDUCED = "super_reduced"
    PARKING = "parking"
    ZERO = "zero"


class DocumentKind(StrEnum):
    """What a paper about a product is."""

    SAFETY_DATA_SHEET = "safety_data_sheet"
    INSTRUCTIONS = "instructions"
    CERTIFICATE = "certificate"


class PackUnit(StrEnum):
    """What the content of a pack is measured in."""

    MILLILITRE = "ml"
    LITRE = "l"
    GRAM = "g"
    KILOGRAM = "kg"
    METRE = "m"
    SQUARE_METRE = "m2"
    PIECE = "piece"


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """What a pack holds: so many pieces with so much in each. Six bottles of 500 ml are six times 500 ml."""

    amount: Decimal
    unit: PackUnit
    pieces: int = 1


class BaseQuantity(msgspec.Struct, frozen=True, kw_only=True):
    """All that is in a pack, in the unit that a unit price is for."""

    amount: Decimal
    unit: PackUnit


class DeclaredAttribute(msgspec.Struct, frozen=True, kw_only=True):
    """What a product type says about one of its attributes; `choices` are names by their codes, in order."""

    code: str
    name: str
    kind: AttributeKind
    unit: str = ""
    choices: dict[str, str] = {}


class ShownPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as a page shows it: its largest rendition, and all of them to choose from (`srcset`).

    Until there are renditions it is the original; empty where there is no picture.
    """

    url: str = ""
    srcset: str = ""
    width: int = 0
    height: int = 0

    def __bool__(self) -> bool:
        return self.url != ""


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of a picture as WebP, so many pixels wide."""

    width: int
    content: bytes


class DrawnPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture's size as it is to be seen (turned upright), and its renditions."""

    width: int
    height: int
    renditions: tuple[Rendition, ...]
