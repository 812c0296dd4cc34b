"""What the pages refuse."""

from apps.pricing.models import Market


class NotOpenYet(Exception):
    """There is no market in which anything could be sold."""


class LanguageNotSpoken(Exception):
    """A market was asked for in a language in which it does not sell."""

    def __init__(self, market: Market) -> None:
        super().__init__(market.code)
        self.market = market
