from apps.core.errors import DomainError


class UnknownSku(DomainError):
    code = "unknown_sku"
    status = 400
    message = "This item is not on sale."


class QuantityOutOfRange(DomainError):
    code = "quantity_out_of_range"
    status = 400
    message = "The quantity must be a whole number from 1 to 9,999."


class CartNotFound(DomainError):
    code = "cart_not_found"
    status = 404
    message = "There is no such cart."


class CartClosed(DomainError):
    code = "cart_closed"
    message = "This cart has been ordered already."


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    message = "This key has been used for another addition to the cart."
