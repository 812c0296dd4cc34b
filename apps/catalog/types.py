"""Plain values of the catalogue."""

import msgspec


class DeclaredAttribute(msgspec.Struct, frozen=True, kw_only=True):
    """What a product type says about one of its attributes; `kind` is one of AttributeKind."""

    code: str
    kind: str
    choices: tuple[str, ...] = ()
