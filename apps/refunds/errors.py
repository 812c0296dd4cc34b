from apps.core.errors import DomainError


class NothingLeftToReturn(DomainError):
    code = "nothing_left_to_return"
    message = "So many units cannot come back."


class NothingCaptured(DomainError):
    code = "nothing_captured"
    message = "This order has not been paid, or was stopped: there is nothing to give back."


class NothingAsked(DomainError):
    code = "nothing_asked"
    status = 400
    message = "Please say what shall go back."


class NothingGranted(DomainError):
    code = "nothing_granted"
    status = 400
    message = "A refund of nothing is a refusal: please give its reason."


class ReasonMissing(DomainError):
    code = "reason_missing"
    status = 400
    message = "Please give a reason."


class AlreadyDecided(DomainError):
    code = "refund_request_decided"
    message = "This request has been decided already."


class MoreThanAsked(DomainError):
    code = "more_than_asked"
    message = "More units would be approved than were asked for."


class MoreThanShipping(DomainError):
    code = "more_than_shipping"
    message = "More would be paid back for shipping than it cost."


class NotFailed(DomainError):
    code = "refund_not_failed"
    message = "Only a refund that failed can be tried again or paid by other means."


class StillOpen(DomainError):
    code = "refund_still_open"
    message = (
        "A part of this refund is still with the payment provider. Try again when it has answered."
    )


class TooManyPictures(DomainError):
    code = "too_many_pictures"
    status = 400
    message = "At most five pictures can be sent with a request."


class PictureRefused(DomainError):
    code = "picture_refused"
    status = 400
    message = "This is not a JPEG, PNG or WebP picture that we can read."


class PictureTooLarge(DomainError):
    code = "picture_too_large"
    status = 413
    message = "A picture may have at most 10 MB and 16 million pixels, a JPEG more."
