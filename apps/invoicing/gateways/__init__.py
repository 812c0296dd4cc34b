"""Documents on paper, and the cabinet that they are kept in."""

from apps.invoicing.gateways.document_store import keep, keep_font, read
from apps.invoicing.gateways.fonts import lacks_letters
from apps.invoicing.gateways.pdf import draw

__all__ = ["draw", "keep", "keep_font", "lacks_letters", "read"]
