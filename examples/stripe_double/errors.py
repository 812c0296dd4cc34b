"""Stripe's errors (https://docs.stripe.com/api/errors)."""

from typing import Any


class ApiError(Exception):
    """An answer that is not a success. One that failed validation is not kept under its key."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type_: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        executed: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.body: dict[str, Any] = {"error": {"message": message, "type": type_}}
        if code:
            self.body["error"] |= {
                "code": code,
                "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
            }
        if param:
            self.body["error"]["param"] = param


def missing(kind: str, id_: str) -> ApiError:
    """The answer that there is no such object (404); it is not kept under the request's key."""
    return ApiError(
        f"No such {kind}: '{id_}'", status=404, code="resource_missing", param="id", executed=False
    )


def invalid(message: str, *, param: str = "", code: str = "") -> ApiError:
    """A request that never began."""
    return ApiError(message, param=param, code=code, executed=False)


def unexpected_state(verb: str, status: str, allowed: str) -> ApiError:
    """The answer that the payment intent's status does not allow what was asked."""
    return ApiError(
        f"This PaymentIntent could not be {verb} because it has a status of {status}. Only a "
        f"PaymentIntent with one of the following statuses may be {verb}: {allowed}.",
        code="payment_intent_unexpected_state",
    )
