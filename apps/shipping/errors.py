from apps.core.errors import DomainError


class MethodNotAvailable(DomainError):
    code = "shipping_method_not_available"
    status = 400
    message = "This shipping method cannot carry the order to that address."


class CallbackMalformed(DomainError):
    """What fulfilment sent has no meaning here; `detail` says why, and nothing has changed."""

    code = "callback_malformed"
    status = 400
    message = "This callback cannot be read."


class ShipmentWithdrawn(DomainError):
    """Goods left for an order that was cancelled: recorded, and a person must look at it."""

    code = "shipment_withdrawn"
    message = "This shipment was withdrawn before its goods left. Stop the parcel if you can."
