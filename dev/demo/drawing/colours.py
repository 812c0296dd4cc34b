"""The colours of the brand, of each shelf and of each scent."""

from dataclasses import dataclass

INK = "#12343B"
ALDER = "#B4532A"
SALT = "#F7F2E7"
KELP = "#2F5D50"
FOAM = "#DCE8E4"
SAND = "#E4D6BF"
KRAFT = "#C9A06B"
WOOD = "#D9A566"
STEEL = "#B9C2C6"
SHADE = "#1B1A22"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The wall behind the goods of a shelf, and the two colours its packs are printed in."""

    wall: str
    wall_low: str
    accent: str
    deep: str


PALETTES = {
    "washing-up": Palette(wall="#FBF1C6", wall_low="#F1DA87", accent="#DF9A17", deep="#1F4A4D"),
    "dishwasher": Palette(wall="#DDEBEE", wall_low="#B4D2DA", accent="#3B7F95", deep="#143E4E"),
    "kitchen-surfaces": Palette(
        wall="#F7E1D5", wall_low="#E8BFA8", accent="#C4552B", deep="#4B271E"
    ),
    "laundry-detergent": Palette(
        wall="#EAE6F4", wall_low="#C9C1E2", accent="#6C5FA8", deep="#2C2856"
    ),
    "stains-and-whitening": Palette(
        wall="#F9E1E1", wall_low="#EBBABD", accent="#B63F4E", deep="#4B1D2D"
    ),
    "fabric-care": Palette(wall="#F1E8DD", wall_low="#DDC8B0", accent="#A8683D", deep="#473123"),
    "floors-and-wood": Palette(
        wall="#F0E5C8", wall_low="#D8BF86", accent="#A4771B", deep="#413114"
    ),
    "bathroom-and-limescale": Palette(
        wall="#D8EFE8", wall_low="#A4D4C7", accent="#26897A", deep="#0D4845"
    ),
    "glass-and-all-purpose": Palette(
        wall="#E0EAF8", wall_low="#B0CAEB", accent="#3267B0", deep="#152F5C"
    ),
    "cloths-and-sponges": Palette(
        wall="#E9F0DB", wall_low="#C3D6A4", accent="#D4662A", deep="#2A4423"
    ),
    "brushes-and-brooms": Palette(
        wall="#E3E9E5", wall_low="#B6C6BE", accent="#B4532A", deep="#21403A"
    ),
    "trade-and-refill": Palette(
        wall="#E0E4E8", wall_low="#B2BCC7", accent="#E3A21A", deep="#1A2937"
    ),
}
BRAND = Palette(wall="#E7EFEA", wall_low="#BFD3CB", accent=ALDER, deep=INK)

LIQUIDS = {
    "lemon": "#F2D24B",
    "orange": "#F0A03C",
    "pine": "#7FA86A",
    "lavender": "#B6A4DC",
    "eucalyptus": "#A4CDB4",
    "mint": "#93D6BC",
    "cedar": "#D79A66",
    "rosemary": "#A3B98A",
    "salt": "#D5E6EA",
    "drop": "#CFE7F2",
    "wave": "#9CCBE0",
    "leaf": "#BBD08F",
    "linen": "#DCD9EE",
}


def mix(first: str, second: str, share: float) -> str:
    """`first` with `share` of `second` in it."""
    pairs = zip(channels(first), channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def shift(colour: str, amount: float) -> str:
    """Lighter for a positive amount, deeper for a negative one."""
    return mix(colour, "#FFFFFF", amount) if amount > 0 else mix(colour, SHADE, -amount)


def channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def is_dark(colour: str) -> bool:
    """Whether light letters read better on `colour` than dark ones."""
    red, green, blue = channels(colour)
    return red * 0.299 + green * 0.587 + blue * 0.114 < 150


def palette_of(category: str) -> Palette:
    return PALETTES.get(category, BRAND)
