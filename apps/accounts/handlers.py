from apps.accounts import selectors
from apps.accounts.events import CustomerErased, CustomerRegistered, CustomerUpdated
from apps.audit.services import prune_soon
from apps.events.services import personalise, subscribe

personalise(CustomerRegistered, CustomerUpdated)(selectors.read_personal_data)


@subscribe(CustomerErased, remote=True)
def empty_what_is_final(event: CustomerErased) -> None:
    """Not only at night: a person who asks to be forgotten is, as far as may be, at once."""
    prune_soon()
