"""Open accounts, keep addresses, and issue the tokens that mobile apps log in with."""

import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.errors import (
    EmailTaken,
    InvalidApiKey,
    InvalidToken,
    LinkUsed,
    StaffStays,
    WrongCredentials,
)
from apps.accounts.events import (
    AccessRequested,
    CustomerErased,
    CustomerRegistered,
    CustomerUpdated,
)
from apps.accounts.models import AccessRequest, ApiKey, SavedAddress, TokenFamily, User, Wish
from apps.accounts.rules import (
    complaint_about,
    complaint_about_email,
    field_kinds,
    normalise_address,
    required_fields,
)
from apps.accounts.selectors import find_family, find_request, fingerprint_of
from apps.accounts.types import Caller, Partner, TokenPair
from apps.core.errors import InvalidInput, NotFound
from apps.core.models import new_id
from apps.core.rules import digest_of
from apps.core.services import use_up
from apps.core.types import Address, Limit
from apps.events.services import publish

__all__ = [
    "add_staff",
    "complaint_about_email",
    "delete_address",
    "erase_customer",
    "field_kinds",
    "issue_api_key",
    "log_in_for_tokens",
    "normalise_address",
    "open_account",
    "read_access_token",
    "read_api_key",
    "refresh_tokens",
    "register_customer",
    "request_access",
    "required_fields",
    "revoke_tokens",
    "save_address",
    "update_customer",
]

logger = logging.getLogger(__name__)

ACCESS_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=30)
API_KEY_USE_NOTED_EVERY = timedelta(minutes=1)
MAILS_TO_ONE = Limit(name="access-mails", most=5, seconds=3600)
_ALGORITHM = "HS256"
_ISSUER = "shop"


def register_customer(*, email: str, password: str, name: str, language: str) -> User:
    """Open an account and announce it. Raises EmailTaken, InvalidInput for a weak password or a name
    that is none.
    """
    _check_name(name)
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise InvalidInput(errors={"password": error.messages}) from error
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, language=language)
            _announce(user, CustomerRegistered)
    except IntegrityError as error:
        raise EmailTaken from error
    return user


@transaction.atomic
def request_access(*, wish: Wish, email: str, language: str, name: str = "") -> None:
    """Let the owner of an e-mail address have an account or a new password, by a link in a mail.

    The work is the same whether there is such an account or not: who it is, is asked when the mail is
    written. Raises TooMany after five mails to one address in an hour, InvalidInput for a name that is none.
    """
    _check_name(name)
    use_up(MAILS_TO_ONE, email.lower())
    request = AccessRequest.objects.create(
        id=new_id(), wish=wish, email=email, name=name, language=language
    )
    publish(AccessRequested(request_id=str(request.pk)))


@transaction.atomic
def open_account(*, key: str, password: str) -> User:
    """Open the account that was asked for, once, by whoever was mailed the key.

    Raises LinkUsed, InvalidInput for a weak password.
    """
    request = find_request(key)
    if request is None:
        raise LinkUsed
    try:
        user = register_customer(
            email=request.email, password=password, name=request.name, language=request.language
        )
    except EmailTaken as error:
        raise LinkUsed from error
    request.delete()
    return user


def add_staff(*, email: str, name: str) -> User:
    """Make an account that may do everything, with a password that nobody knows.

    Raises EmailTaken, InvalidInput for a name that is none.
    """
    _check_name(name)
    try:
        with transaction.atomic():
            return User.objects.create_superuser(email, secrets.token_urlsafe(32), name=name)
    except IntegrityError as error:
        raise EmailTaken from error


@transaction.atomic
def update_customer(*, customer_id: int, name: str, language: str) -> User:
    """Change how a customer is addressed, and announce it. Raises InvalidInput for a name that is none."""
    _check_name(name)
    user = User.objects.select_for_update().get(pk=customer_id)
    user.name, user.language = name, language
    user.save(update_fields=["name", "language"])
    _announce(user, CustomerUpdated)
    return user


@transaction.atomic
def erase_customer(*, customer_id: int) -> None:
    """Close an account for good and forget whose it was; a repeat changes nothing.

    Announces it; each app then empties what it keeps of the person, as soon as it is no longer under
    way (its `retention.py`). What the law asks for, like invoices, stays. Raises NotFound, and
    StaffStays for staff, whose name stands under what they did.
    """
    user = User.objects.select_for_update().filter(pk=customer_id).first()
    if user is None:
        raise NotFound
    if user.is_staff:
        raise StaffStays
    if user.erased_at:
        return
    user.email, user.name = f"{user.pk}@erased.invalid", ""
    user.is_active, user.erased_at = False, timezone.now()
    user.set_unusable_password()
    user.save(update_fields=["email", "name", "is_active", "erased_at", "password"])
    SavedAddress.objects.filter(customer=user).delete()
    publish(CustomerErased(customer_id=user.pk))


def _check_name(name: str) -> None:
    if complaint := complaint_about(name):
        raise InvalidInput(errors={"name": [complaint]})


def _announce(user: User, event: type[CustomerRegistered | CustomerUpdated]) -> None:
    publish(event(customer_id=user.pk, language=user.language))


@transaction.atomic
def save_address(*, customer_id: int, address: Address, is_default: bool = False) -> SavedAddress:
    """Add a checked address to the customer's book. Raises InvalidAddress."""
    normal = normalise_address(address)
    mine = SavedAddress.objects.filter(customer=customer_id)
    is_default = is_default or not mine.exists()
    if is_default:
        mine.update(is_default=False)
    fields = {field: getattr(normal, field) for field in Address.__struct_fields__}
    return SavedAddress.objects.create(customer_id=customer_id, is_default=is_default, **fields)


def delete_address(*, customer_id: int, address_id: int) -> None:
    """Take an address out of the customer's own book. Raises NotFound."""
    deleted, _ = SavedAddress.objects.filter(customer=customer_id, pk=address_id).delete()
    if not deleted:
        raise NotFound


def log_in_for_tokens(*, email: str, password: str) -> TokenPair:
    """Tokens for an app, in exchange for e-mail and password. Raises WrongCredentials, TooMany."""
    user = authenticate(email=email, password=password)
    if not isinstance(user, User):
        raise WrongCredentials
    family = TokenFamily.objects.create(
        id=new_id(), customer=user, newest=new_id(), renewed_at=timezone.now()
    )
    return _issue(family)


def refresh_tokens(*, refresh: str) -> TokenPair:
    """The next pair of tokens for a refresh token, which is good once.

    One that comes a second time ends its log-in, whoever has the newer one. So does a changed password or
    a closed account. Raises InvalidToken.
    """
    claims = _decode(refresh, use="refresh")
    family = find_family(claims["fam"])
    if family is None or claims["fpr"] != fingerprint_of(family.customer):
        raise InvalidToken
    used, family.newest, family.renewed_at = claims["jti"], new_id(), timezone.now()
    if not TokenFamily.objects.filter(pk=family.pk, newest=used, ended_at=None).update(
        newest=family.newest, renewed_at=family.renewed_at
    ):
        logger.warning("a refresh token came a second time; its log-in is ended")
        _end(family.pk)
        raise InvalidToken
    return _issue(family)


def revoke_tokens(*, refresh: str) -> None:
    """Log an app out: no token of this log-in is good any more. A token that is none is no error (RFC
    7009, section 2.2).
    """
    with suppress(InvalidToken):
        _end(_decode(refresh, use="refresh")["fam"])


def _end(family_id: UUID) -> None:
    TokenFamily.objects.filter(pk=family_id, ended_at=None).update(ended_at=timezone.now())


def read_access_token(token: str) -> Caller:
    """Whom an access token names, without asking the database. Raises InvalidToken."""
    claims = _decode(token, use="access")
    return Caller(
        customer_id=int(claims["sub"]), family_id=claims["fam"], fingerprint=claims["fpr"]
    )


def issue_api_key(*, name: str, scopes: Iterable[str]) -> str:
    """A new key for a partner's system: 256 random bits, returned this once and kept as a digest.

    `scopes` are values of Scope.
    """
    key = f"shop_{secrets.token_urlsafe(32)}"
    ApiKey.objects.create(name=name, digest=digest_of(text=key), scopes=sorted(scopes))
    return key


def read_api_key(key: str) -> Partner:
    """Whom an API key names; its use is noted once a minute. Raises InvalidApiKey."""
    digest = digest_of(text=key)
    known = ApiKey.objects.filter(digest=digest, is_active=True).first()
    # The look-up compares a hash of 256 random bits, so that its timing betrays nothing of the key.
    if known is None or not secrets.compare_digest(known.digest, digest):
        raise InvalidApiKey
    now = timezone.now()
    if known.last_used_at is None or known.last_used_at < now - API_KEY_USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=known.pk).update(last_used_at=now)
    return Partner(name=known.name, scopes=frozenset(known.scopes))


def _issue(family: TokenFamily) -> TokenPair:
    import jwt  # noqa: PLC0415 - pages know no tokens

    now = datetime.now(UTC)
    common = {
        "iss": _ISSUER,
        "sub": str(family.customer_id),
        "fam": str(family.pk),
        "fpr": fingerprint_of(family.customer),
        "iat": now,
    }
    access = {**common, "use": "access", "exp": now + ACCESS_LIFETIME}
    refresh = {
        **common, "use": "refresh", "exp": now + REFRESH_LIFETIME, "jti": str(family.newest),
    }  # fmt: skip
    return TokenPair(
        access=jwt.encode(access, settings.SECRET_KEY, algorithm=_ALGORITHM),
        refresh=jwt.encode(refresh, settings.SECRET_KEY, algorithm=_ALGORITHM),
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
    )


def _decode(token: str, *, use: str) -> dict[str, Any]:
    """What one of our tokens says. Raises InvalidToken."""
    import jwt  # noqa: PLC0415 - pages know no tokens

    needed = ["exp", "sub", "iss", "fam", "fpr", *(["jti"] if use == "refresh" else [])]
    try:
        claims = jwt.decode(
            token,
            settings.SECRET_KEY,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            options={"require": needed},
        )
    except jwt.PyJWTError as error:
        raise InvalidToken from error
    if claims.get("use") != use:
        raise InvalidToken
    return {**claims, "fam": UUID(claims["fam"])}
