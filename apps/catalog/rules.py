"""What fits: numbers of goods, measures of packs, values of attributes, copies of pictures."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import PurePosixPath

from apps.catalog.errors import InvalidAttributes, InvalidGtin, InvalidOptions, InvalidSku
from apps.catalog.types import AttributeKind, BaseQuantity, DeclaredAttribute, Pack, PackUnit

# From the thumbnail in the cart to a wide screen.
WIDTHS = (160, 320, 640, 960, 1600)
MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 40_000_000
# WebP has no more room for a side (RFC 9649, section 2.5).
LONGEST_SIDE = 16_383
_MESSAGES = {
    "unseen": "No line breaks, no unseen signs, no spaces around it.",
    "taken_apart": "No %xx, no empty part between slashes, no . or .. as one.",
    "digits": "A GTIN has 8, 12, 13 or 14 digits.",
    "missing": "Choose a value of each option.",
    "doubled": "Another variant has the same options.",
    "twice": "A product varies along an option once.",
    "many": "A product varies along three options at most.",
    "check_digit": "The last digit does not fit the others: one of them is mistyped.",
}
# What the columns of an attribute's value have room for.
LONGEST_TEXT = 500
MOST_NUMBER = 10**14 - 1
PLACES = 6
# As many as a name of theirs has room for in a line of an order, and shoppers can choose from.
MOST_OPTIONS = 3
_GTIN_LENGTHS = (8, 12, 13, 14)
# Directive 98/6/EC Art. 2 (b): a price is told for one of these, of whatever size the pack is.
_BASE_UNITS = {
    PackUnit.MILLILITRE: (Decimal("0.001"), PackUnit.LITRE),
    PackUnit.LITRE: (Decimal(1), PackUnit.LITRE),
    PackUnit.GRAM: (Decimal("0.001"), PackUnit.KILOGRAM),
    PackUnit.KILOGRAM: (Decimal(1), PackUnit.KILOGRAM),
    PackUnit.METRE: (Decimal(1), PackUnit.METRE),
    PackUnit.SQUARE_METRE: (Decimal(1), PackUnit.SQUARE_METRE),
    PackUnit.PIECE: (Decimal(1), PackUnit.PIECE),
}
PICTURE_FOLDERS = ("products/", "categories/")
# A gateway on the way may take an address apart once more than we do.
_TAKEN_APART = re.compile(r"%[0-9A-Fa-f]{2}|(?:^|/)\.{0,2}(?:/|$)")


def check_sku(sku: str) -> None:
    """Refuse a SKU that no address could hold, or nobody could read aloud from a label.

    Any script, signs and slashes are fine. Raises InvalidSku.
    """
    if not sku.isprintable() or sku != " ".join(sku.split()):
        raise InvalidSku(errors={"sku": _MESSAGES["unseen"]})
    if _TAKEN_APART.search(sku):
        raise InvalidSku(errors={"sku": _MESSAGES["taken_apart"]})


def check_gtin(gtin: str) -> None:
    """Refuse what is no GTIN-8, -12, -13 or -14. Raises InvalidGtin.

    The last digit checks the others (GS1 General Specifications, 7.9): from the right, they weigh three
    and one by turns, and with it all add up to a multiple of ten.
    """
    if len(gtin) not in _GTIN_LENGTHS or not (gtin.isascii() and gtin.isdigit()):
        raise InvalidGtin(errors={"gtin": _MESSAGES["digits"]})
    weighed = (int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(gtin)))
    if sum(weighed) % 10:
        raise InvalidGtin(errors={"gtin": _MESSAGES["check_digit"]})


def base_quantity(pack: Pack) -> BaseQuantity:
    """All that a pack holds in litres, kilograms, metres, square metres or pieces, exactly.

    A unit price is the price divided by it.
    """
    factor, unit = _BASE_UNITS[pack.unit]
    return BaseQuantity(amount=pack.amount * factor * pack.pieces, unit=unit)


def combine(
    *, options: Sequence[int], chosen: Mapping[int, Mapping[int, int]]
) -> dict[int, tuple[int, ...]]:
    """The combination of each variant: its values, in the order of the options.

    Refuses more than three options or one twice, variants that lack a value, and all but the first of
    those that have the same. Raises InvalidOptions, whose `errors` are by variant.
    """
    if len(options) > MOST_OPTIONS or len(set(options)) < len(options):
        which = "many" if len(options) > MOST_OPTIONS else "twice"
        raise InvalidOptions(errors={"": _MESSAGES[which]})
    found: dict[int, tuple[int, ...]] = {}
    errors: dict[int, str] = {}
    for variant, values in chosen.items():
        combination = tuple(values[one] for one in options if one in values)
        if len(combination) < len(options):
            errors[variant] = _MESSAGES["missing"]
        elif combination in found.values():
            errors[variant] = _MESSAGES["doubled"]
        else:
            found[variant] = combination
    if errors:
        raise InvalidOptions(errors=errors)
    return found


def without_noughts(number: Decimal) -> Decimal:
    """The same number without the noughts behind the point that a column fills up with."""
    return Decimal(f"{number.normalize():f}")


def widths_of(width: int) -> tuple[int, ...]:
    """How wide the copies of a picture are: none is larger than the picture."""
    return (*(one for one in WIDTHS if one < width), *([width] if width <= WIDTHS[-1] else []))


def rendition_name(*, name: str, fingerprint: str, width: int) -> str:
    """Where a copy lies: another content has other copies, so that each can be kept for ever."""
    stem = PurePosixPath(name).with_suffix("")
    return f"renditions/{stem}-{fingerprint}-{width}.webp"


def check_attributes(
    *, declared: Sequence[DeclaredAttribute], values: Mapping[str, object]
) -> None:
    """Refuse values that the type does not declare or that are not of the declared kind.

    A choice is named by its code. An attribute may be missing: not every one applies to every product.
    Raises InvalidAttributes with a message per attribute.
    """
    known = {attribute.code: attribute for attribute in declared}
    errors = {
        code: message
        for code, value in values.items()
        if (message := _complaint_about(value, attribute=known.get(code)))
    }
    if errors:
        raise InvalidAttributes(errors=errors)


def _complaint_about(value: object, *, attribute: DeclaredAttribute | None) -> str:
    if attribute is None:
        return "The product type has no such attribute."
    if attribute.kind == AttributeKind.CHOICE:
        return "" if value in [*attribute.choices] else f"One of: {', '.join(attribute.choices)}."
    fits, message = _KINDS[attribute.kind]
    return "" if fits(value) else message


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.strip() != "" and len(value) <= LONGEST_TEXT


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST_NUMBER


def _is_decimal(value: object) -> bool:
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    return abs(value) <= MOST_NUMBER and value == round(value, PLACES)


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


_KINDS: Mapping[AttributeKind, tuple[Callable[[object], bool], str]] = {
    AttributeKind.TEXT: (_is_text, "A text that is not empty, of at most 500 signs."),
    AttributeKind.INTEGER: (_is_integer, "A whole number."),
    AttributeKind.DECIMAL: (_is_decimal, "A decimal number with at most six places."),
    AttributeKind.BOOLEAN: (_is_boolean, "Yes or no."),
}
