"""Nothing personal is stored with an event."""

from apps.accounts.events import CustomerRegistered
from apps.events.rules import impersonal


def test_what_is_stored_tells_of_nobody() -> None:
    event = CustomerRegistered(customer_id=1, language="en", email="ada@example.com", name="Ada")

    assert impersonal(event) == {"customer_id": 1, "language": "en"}
