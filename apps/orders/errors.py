from apps.core.errors import DomainError


class IllegalTransition(DomainError):
    code = "illegal_transition"
    message = "The order cannot go from its present state to that one."


class CartAlreadyOrdered(DomainError):
    code = "cart_already_ordered"
    message = "This cart has been ordered already."


class PaymentDeclined(DomainError):
    code = "payment_declined"
    message = "The payment was declined."


class MalformedRequest(Exception):
    """A message that no version of this code can understand: it goes to the dead letters at once."""
