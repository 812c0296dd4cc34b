"""The door for shipping carriers: who brings the parcels, and where one can be followed."""

from abc import ABC, abstractmethod

from apps.core.registry import Backend, Section


class ShippingCarrier(Backend, ABC):
    """A carrier that fulfilment names in its callbacks by the name it is entered under."""

    # What shoppers and downstream systems read, at most 50 characters.
    label: str

    @abstractmethod
    def tracking_url(self, number: str) -> str:
        """The carrier's page about a parcel, an https address; empty where there is none."""


shipping_carriers: Section[ShippingCarrier] = Section(
    "SHIPPING_CARRIERS",
    port=ShippingCarrier,  # type: ignore[type-abstract]
)
