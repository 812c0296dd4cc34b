from uuid import UUID

import msgspec

# Of a password, at every door.
MOST_CHARACTERS = 128


class TokenPair(msgspec.Struct, frozen=True, kw_only=True):
    """An access token for requests and a refresh token for the next pair; `expires_in` in seconds."""

    access: str
    refresh: str
    expires_in: int


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a valid access token names, by which log-in and with which password; nothing was looked up."""

    customer_id: int
    family_id: UUID
    fingerprint: str
    is_authenticated: bool = True

    @property
    def pk(self) -> int:
        """The customer's primary key, where Django and DRF look for that of `request.user`."""
        return self.customer_id


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """The other company's system behind an API key, and what it may do."""

    name: str
    scopes: frozenset[str]
    is_authenticated: bool = True

    @property
    def pk(self) -> None:
        """A partner is no customer, and owns nothing that customers own."""
        return None
