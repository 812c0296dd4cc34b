from apps.core.errors import DomainError


class MethodNotAvailable(DomainError):
    code = "shipping_method_not_available"
    status = 400
    message = "This shipping method cannot carry the order to that address."
