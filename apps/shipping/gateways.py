"""The outside world of shipping: the carriers' own pages."""

from urllib.parse import quote

from apps.shipping.registry import ShippingCarrier


class LinkedCarrier(ShippingCarrier):
    """A carrier whose page about a parcel has the tracking number in its address, at `{number}`."""

    def __init__(self, *, label: str, page: str) -> None:
        self.label, self._page = label, page

    def tracking_url(self, number: str) -> str:
        """The carrier's address with the number in its place, escaped."""
        return self._page.replace("{number}", quote(number, safe=""))
