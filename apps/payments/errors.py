from apps.core.errors import DomainError


class UnknownPaymentToken(DomainError):
    code = "unknown_payment_token"
    status = 400
    message = "This payment token is not known to the payment provider."


class AmountTooSmall(DomainError):
    """`least` in the details is the least amount, with its currency, that can be paid this way."""

    code = "amount_too_small"
    message = "This amount is too small to be paid this way."


class CurrencyNotTaken(DomainError):
    code = "currency_not_taken"
    message = "Nothing can be paid this way in this currency."


class RefundExceedsCapture(DomainError):
    code = "refund_exceeds_capture"
    message = "More would be refunded than was captured."


class RefundDeclined(DomainError):
    code = "refund_declined"
    message = "The payment provider refuses to send this money back."


class CaptureDeclined(DomainError):
    """The gateway will never take this money; the order has nothing to wait for."""

    code = "capture_declined"
    message = "The payment provider no longer holds this money."


class PaymentNotOpen(DomainError):
    code = "payment_not_open"
    message = "This payment no longer waits for the shopper."


class NothingDue(DomainError):
    code = "nothing_due"
    message = "Nothing is left to be paid of this order."


class PaymentUnderWay(DomainError):
    code = "payment_under_way"
    message = "A payment of this order is under way. Please wait for its answer."


class TooManyAttempts(DomainError):
    code = "too_many_attempts"
    message = "This order can be paid in no further way."


class WebhookRefused(DomainError):
    code = "webhook_refused"
    status = 400
    message = "This message was not signed by the payment provider, or too long ago."


class AccountNeeded(DomainError):
    code = "account_needed"
    status = 403
    message = "Only a customer who is logged in can pay on account."


class LimitBelowUse(DomainError):
    code = "limit_below_use"
    message = "More than that is owed or held on this account already."


class AccountExists(DomainError):
    code = "account_exists"
    message = "This customer has a credit account already."


class ReceiptConflict(DomainError):
    code = "receipt_conflict"
    message = "Another amount was entered under this reference."


class GatewayTimeout(Exception):
    """The gateway did not answer in time; the money may or may not have moved."""


class GatewayUnavailable(Exception):
    """The gateway cannot say what happened; the same question must be asked again later."""
