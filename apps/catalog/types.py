"""Plain values of the catalogue."""

import msgspec


class DeclaredAttribute(msgspec.Struct, frozen=True, kw_only=True):
    """What a product type says about one of its attributes; `kind` is one of AttributeKind."""

    code: str
    kind: str
    choices: tuple[str, ...] = ()


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
