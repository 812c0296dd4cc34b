from apps.core.errors import DomainError


class EmailTaken(DomainError):
    code = "email_taken"
    message = "There is an account with this e-mail address already."


class LinkUsed(DomainError):
    code = "link_used"
    status = 404
    message = "This link has been used already or is too old."


class StaffStays(DomainError):
    code = "staff_stays"
    message = "Who works here cannot be erased: their name stands under what they did."


class WrongCredentials(DomainError):
    code = "wrong_credentials"
    status = 401
    message = "This e-mail address and password do not belong together."


class InvalidToken(DomainError):
    code = "invalid_token"
    status = 401
    message = "This token is not valid any more."


class InvalidApiKey(DomainError):
    code = "invalid_api_key"
    status = 401
    message = "This API key is not valid."


class InvalidAddress(DomainError):
    """`errors` in the details says what is wrong with which field, `expected` what its form is like."""

    code = "invalid_address"
    status = 400
    message = "This address cannot be delivered to."
