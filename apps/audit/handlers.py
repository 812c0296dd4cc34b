from apps.accounts.events import CustomerErased
from apps.audit import gateways
from apps.events.services import subscribe


@subscribe(CustomerErased, remote=True)
def empty_what_is_final(event: CustomerErased) -> None:
    """Not only at night: a person who asks to be forgotten is, as far as may be, at once."""
    gateways.go_on("audit.prune", hops=0)
