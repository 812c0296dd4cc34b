"""What accounts announces."""

from apps.events.types import Event


class CustomerRegistered(Event, frozen=True, kw_only=True):
    """Somebody opened an account."""

    type = "accounts.customer.registered.v1"
    subject = "customer_id"
    public = True
    personal = frozenset({"email", "name"})

    customer_id: int
    language: str
    email: str = ""
    name: str = ""


class CustomerUpdated(Event, frozen=True, kw_only=True):
    """A customer changed name or language."""

    type = "accounts.customer.updated.v1"
    subject = "customer_id"
    public = True
    personal = frozenset({"email", "name"})

    customer_id: int
    language: str
    email: str = ""
    name: str = ""


class CustomerErased(Event, frozen=True, kw_only=True):
    """A customer wants to be forgotten: whoever keeps anything about the person lets go of it."""

    type = "accounts.customer.erased.v1"
    subject = "customer_id"
    public = True

    customer_id: int


class AccessRequested(Event, frozen=True, kw_only=True):
    """Somebody wants an account or a new password, and gave an e-mail address."""

    type = "accounts.access.requested.v1"
    subject = "request_id"

    request_id: str
