from apps.core.errors import DomainError


class InsufficientStock(DomainError):
    """At least one SKU is short; `skus` in the details names them. Nothing was reserved."""

    code = "sold_out"
    message = "Some of the items are sold out."
