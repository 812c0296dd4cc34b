from apps.core.errors import DomainError


class IllegalTransition(DomainError):
    code = "illegal_transition"
    message = "The order cannot go from its present state to that one."


class CartAlreadyOrdered(DomainError):
    code = "cart_already_ordered"
    message = "This cart has been ordered already."


class AlreadyShipped(DomainError):
    """`skus` in the details names what has left the house; it comes back as a return."""

    code = "already_shipped"
    message = (
        "Parts of this order have left the house already; what is left can be cancelled alone."
    )


class OrderTooLarge(DomainError):
    """`limit` in the details says of what the order has too much."""

    code = "quote_too_large"
    status = 400
    message = "This order is too large to be taken in one piece. Please split it."


class TooManyUnits(DomainError):
    """`skus` in the details names the variants, `most` how many units of one a guest may hold unpaid."""

    code = "too_many_units"
    message = "Without an account, that is too much of one item before it is paid. Please log in, or order less."


class TooManyUnitsHere(TooManyUnits):
    """The same for all guests behind one network address together."""

    code = "too_many_units_here"
    message = "Many of one item were just ordered from your network. Please log in, or try again in a while."


class CustomerGone(DomainError):
    code = "customer_gone"
    message = "The account that ordered was closed before the order was written."


class NotWritable(DomainError):
    """`constraint` in the details is what the database named."""

    code = "not_writable"
    message = "The order could not be written down as it was asked for."


class MalformedRequest(Exception):
    """A message that no version of this code can understand: it goes to the dead letters at once."""


class NotPayable(DomainError):
    code = "not_payable"
    message = "This order does not wait for a payment, or no more."
