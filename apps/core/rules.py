"""Decisions that every app shares: rounding, the public number made from an id, addresses of mail."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from apps.core.types import Money, Translations, Words, exponent_of

# How old a signed message may be, as Stripe and others have it; clocks may be wrong by as much.
SIGNATURE_SECONDS = 300
_NOTHING: Mapping[str, str] = {}
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
# Accents, soft hyphens, and spaces and marks of no width, as they come along when text is pasted.
_UNSEEN = re.compile("[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def round_money(*, amount: Decimal, currency: str) -> Money:
    """Round a major-unit amount to the currency's minor unit, halves away from zero.

    Commercial rounding, per line, as invoices may do it: HMRC VAT Notice 700, paragraph 17.5.
    """
    minor = amount.scaleb(exponent_of(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return Money(int(minor), currency)


def rounded_share(minor: int, *, part: int, whole: int) -> int:
    """What `part` of the `whole` is of an amount, in whole minor units, halves up."""
    return (2 * minor * part + whole) // (2 * whole)


def spread(*, amount_minor: int, weights: Sequence[int]) -> list[int]:
    """An amount divided by weight into parts that add up to it; all of it to the first without weights."""
    whole = sum(weights)
    if not whole:
        return [amount_minor, *[0] * len(weights)][: len(weights)]
    sums = [sum(weights[: count + 1]) for count in range(len(weights))]
    upto = [rounded_share(amount_minor, part=one, whole=whole) for one in sums]
    return [part - before for part, before in zip(upto, [0, *upto[:-1]], strict=True)]


def public_number(*, source: UUID) -> str:
    """The number a person reads aloud, like `7K3M-Q9XD-2HVP`: 60 bits derived from the id.

    It cannot be guessed or counted, and a million orders collide with odds of one in two million.
    """
    bits = int.from_bytes(hashlib.sha256(source.bytes).digest()[:8]) >> 4
    letters = "".join(_CROCKFORD[bits >> shift & 31] for shift in range(55, -1, -5))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def words_in(
    language: str,
    *,
    field: str,
    own: str,
    own_language: str,
    translations: Translations,
) -> Words:
    """A field of a row in a language (BCP 47), else in the language without its region, else in the row's own.

    The words say in which language they are, so that a page can mark those that are not in its own.
    """
    for candidate in (language, language.partition("-")[0]):
        if candidate == own_language:
            break
        if text := translations.get(candidate, _NOTHING).get(field):
            return Words(text, language=candidate)
    return Words(own, language=own_language)


def searchable(text: str) -> str:
    """Text from outside as the database can be asked for it: without NUL and halves of characters, and
    composed (NFC), as identifiers are kept. A Mac may send `u` and two dots for `ü`.
    """
    return unicodedata.normalize("NFC", _UNKEPT.sub("\N{REPLACEMENT CHARACTER}", text))


def folded(text: str) -> str:
    """The one form in which words are compared: `Größe`, `GRÖSSE` and `gro\u0308sse` are the same.

    Compatibility decomposition and full case folding (Unicode 16, UAX 15 and 3.13), without accents and
    without what cannot be seen. PostgreSQL's function `folded` (migration core/0001) says the same.
    """
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return _UNSEEN.sub("", unicodedata.normalize("NFKD", decomposed))


def ascii_address(address: str) -> str:
    """A mail address as every mail server takes it: its domain in ASCII (IDNA 2008, RFC 5891).

    Raises ValueError where it has no such form, as a local part has none that is not ASCII (RFC 6531 would
    have to be spoken all the way, and SES does not speak it).
    """
    if address.isascii():
        return address
    import idna  # noqa: PLC0415 - large tables, for few addresses

    local, at, domain = address.rpartition("@")
    if not local.isascii():
        msg = "the part before the @ is not ASCII"
        raise ValueError(msg)
    return f"{local}{at}{idna.encode(domain, uts46=True).decode()}"


def digest_of(*, text: str) -> str:
    """SHA-256 in hex: how the shop remembers a secret or a body without keeping it."""
    return hashlib.sha256(text.encode()).hexdigest()


def sign(*, body: bytes, secret: str, now: int) -> str:
    """What proves that a body was written at `now` (Unix time) by a holder of the secret."""
    return f"t={now},v1={_code_of(body=body, secret=secret, time=str(now))}"


def is_signed(*, body: bytes, signature: str, secret: str, now: int) -> bool:
    """Whether `sign` made the signature for this body with this secret, within the last minutes."""
    parts = dict(part.strip().partition("=")[::2] for part in signature.split(","))
    time, code = (parts.get(name, "") for name in ("t", "v1"))
    if not secret or not time.isascii() or not time.isdigit() or len(time) > 12:
        return False
    expected = _code_of(body=body, secret=secret, time=time)
    is_ours = hmac.compare_digest(expected.encode(), code.encode())
    return is_ours and abs(now - int(time)) <= SIGNATURE_SECONDS


def _code_of(*, body: bytes, secret: str, time: str) -> str:
    return hmac.new(secret.encode(), time.encode() + b"." + body, hashlib.sha256).hexdigest()
