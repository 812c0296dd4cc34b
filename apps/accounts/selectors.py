"""Questions about customers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet

from apps.accounts.errors import InvalidToken
from apps.accounts.models import AccessRequest, SavedAddress, TokenFamily, User, Wish
from apps.accounts.types import Caller

_SALT = "accounts.access"
_KEPT = timedelta(days=2)


def list_addresses(customer: User) -> QuerySet[SavedAddress]:
    """The customer's address book, the default first."""
    return SavedAddress.objects.filter(customer=customer).order_by("-is_default", "-pk")


def check_caller(caller: Caller) -> None:
    """Whether whom a token names may still come in: the account is open, its password the same, and the
    log-in not ended. One query. Raises InvalidToken.
    """
    family = find_family(caller.family_id)
    if family is None or family.customer_id != caller.customer_id:
        raise InvalidToken
    if fingerprint_of(family.customer) != caller.fingerprint:
        raise InvalidToken


def find_family(family_id: UUID) -> TokenFamily | None:
    """A log-in that has not ended, of an account that is open."""
    families = TokenFamily.objects.select_related("customer")
    return families.filter(pk=family_id, ended_at=None, customer__is_active=True).first()


def fingerprint_of(user: User) -> str:
    """What tells one password of an account from the next, and nothing of either."""
    return user.get_session_auth_hash()[:16]


def get_customer(customer_id: int) -> User:
    """The customer behind an access token. Raises InvalidToken if the account is gone or closed."""
    customer = User.objects.filter(pk=customer_id, is_active=True).first()
    if customer is None:
        raise InvalidToken
    return customer


def find_access_request(request_id: UUID) -> AccessRequest | None:
    """What somebody wanted who gave an e-mail address, or None once that is over."""
    return AccessRequest.objects.filter(pk=request_id).first()


def key_of_request(request: AccessRequest) -> str:
    """What opens the account that was asked for; it is mailed, and good for two days."""
    return signing.dumps(str(request.pk), salt=_SALT)


def find_request(key: str) -> AccessRequest | None:
    """The request for an account whose key this is; None once it has been used or is too old."""
    try:
        request_id = signing.loads(key, salt=_SALT, max_age=_KEPT)
    except signing.BadSignature:
        return None
    return AccessRequest.objects.filter(pk=request_id, wish=Wish.ACCOUNT).first()


def is_customer(customer_id: int) -> bool:
    """Whether there is such an account, open or closed."""
    return User.objects.filter(pk=customer_id).exists()


def read_personal_data(payloads: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """E-mail address and name of the customers that payloads name by `customer_id`; nothing once erased."""
    wanted = {payload["customer_id"] for payload in payloads}
    people = User.objects.filter(pk__in=wanted, erased_at=None).values_list("pk", "email", "name")
    found = {pk: {"email": email, "name": name} for pk, email, name in people}
    return [found.get(payload["customer_id"], {}) for payload in payloads]


def find_customer(*, email: str) -> User | None:
    """The account of an e-mail address in any case, or None."""
    return User.objects.filter(email__iexact=email).first()
