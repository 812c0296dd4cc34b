from apps.core.errors import DomainError


class NotSoldHere(DomainError):
    code = "not_sold_here"
    status = 400
    message = "Some of the items have no price in this currency."


class UnknownMarket(DomainError):
    code = "unknown_market"
    status = 400
    message = "There is no such market."


class TaxRateMissing(DomainError):
    """`country` and `tax_classes` in the details say which rates nobody has given."""

    code = "tax_rate_missing"
    message = "The tax for this address is not known, so the shop cannot sell there yet."


class AdjustedBelowZero(DomainError):
    """`code` in the details names the adjustment that takes off more than there is."""

    code = "adjusted_below_zero"
    message = "A discount is larger than the price that it is taken off."


class CountryNotServed(DomainError):
    code = "country_not_served"
    status = 400
    message = "This market does not deliver to that country."
