from apps.core.errors import DomainError


class InsufficientStock(DomainError):
    """At least one SKU is short; `skus` in the details names them. Nothing was reserved."""

    code = "sold_out"
    message = "Some of the items are sold out."


class UnknownWarehouse(DomainError):
    code = "unknown_warehouse"
    status = 400
    message = "There is no such warehouse."


class UnknownStock(DomainError):
    """`skus` in the details names what is not sold, or not kept here."""

    code = "unknown_stock"
    status = 400
    message = "There is no such item in this warehouse."


class DriftStands(DomainError):
    """The computed figure would promise more than is in the house."""

    code = "drift_stands"
    message = "The computed figure cannot be taken over as it is: count the shelf first."
