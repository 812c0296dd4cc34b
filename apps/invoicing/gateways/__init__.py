"""Documents on paper, and the cabinet that they are kept in."""

from apps.invoicing.gateways.cabinet import keep, keep_font, read
from apps.invoicing.gateways.lettering import lacks_letters
from apps.invoicing.gateways.paper import draw

__all__ = ["draw", "keep", "keep_font", "lacks_letters", "read"]
