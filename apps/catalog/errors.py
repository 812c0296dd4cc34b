from apps.core.errors import InvalidInput


class InvalidAttributes(InvalidInput):
    """`errors` in the details says what is wrong with which attribute."""

    message = "Some of the attributes do not fit the product's type."
