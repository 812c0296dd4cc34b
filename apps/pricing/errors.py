from apps.core.errors import DomainError


class NotSoldHere(DomainError):
    code = "not_sold_here"
    status = 400
    message = "Some of the items have no price in this currency."


class UnknownMarket(DomainError):
    code = "unknown_market"
    status = 400
    message = "There is no such market."


class CountryNotServed(DomainError):
    code = "country_not_served"
    status = 400
    message = "This market does not deliver to that country."
