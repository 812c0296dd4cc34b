"""What accounts announces."""

from apps.events.types import Event


class CustomerRegistered(Event, frozen=True, kw_only=True):
    """Somebody opened an account."""

    type = "accounts.customer.registered.v1"
    subject = "customer_id"
    audience = frozenset({"crm"})

    customer_id: int
    email: str
    name: str
    language: str


class CustomerUpdated(Event, frozen=True, kw_only=True):
    """A customer changed name or language."""

    type = "accounts.customer.updated.v1"
    subject = "customer_id"
    audience = frozenset({"crm"})

    customer_id: int
    email: str
    name: str
    language: str


ANNOUNCED = (CustomerRegistered, CustomerUpdated)
