from apps.core.errors import DomainError, InvalidInput


class InvalidAttributes(InvalidInput):
    """`errors` in the details says what is wrong with which attribute."""

    message = "Some of the attributes do not fit the product's type."


class InvalidSku(InvalidInput):
    """`errors` in the details says what is wrong with it."""

    message = "This cannot be a SKU."


class InvalidGtin(InvalidInput):
    """`errors` in the details says what is wrong with it."""

    message = "This is not a GTIN."


class InvalidOptions(InvalidInput):
    """`errors` in the details says what is wrong with which variant, by its id; with none, by an empty text."""

    message = "These options do not tell the variants of the product apart."


class PictureRefused(DomainError):
    code = "picture_refused"
    status = 400
    message = "This is not a JPEG, PNG or WebP picture that can be read."


class PictureTooLarge(PictureRefused):
    code = "picture_too_large"
    status = 413
    message = "A picture may have at most 20 MB and 40 million pixels, and no side above 16,383."
