from apps.core.errors import DomainError, NotFound, TooMany


class QuoteInvalid(DomainError):
    code = "quote_invalid"
    status = 400
    message = "This quote was not made by this shop, or it was changed."


class QuoteExpired(DomainError):
    """`status_url` in the details is where the order is, had the quote been placed in time."""

    code = "quote_expired"
    message = "This quote has expired. Ask for a new one."


class NotOrdered(NotFound):
    code = "not_ordered"
    message = "No order has been made of this quote, or not yet."


class QuoteNotYours(DomainError):
    code = "quote_not_yours"
    status = 403
    message = "This quote was made for somebody else."


class CartEmpty(DomainError):
    code = "cart_empty"
    message = "There is nothing in the cart."


class ItemsUnavailable(DomainError):
    """`skus` in the details names the lines that cannot be bought as they stand."""

    code = "items_unavailable"
    message = "Some of the items cannot be bought in this quantity any more."


class TooManyOrders(TooMany):
    code = "too_many_orders"
    message = "Too many orders at once. Please wait a little."
