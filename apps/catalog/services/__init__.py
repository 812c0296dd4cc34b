"""Change what is sold: the attributes and options of products, and the renditions of their pictures."""

from apps.catalog.services.attributes import set_attributes
from apps.catalog.services.options import refresh_option_texts, set_options
from apps.catalog.services.pictures import ask_for_renditions, make_renditions

__all__ = [
    "ask_for_renditions",
    "make_renditions",
    "refresh_option_texts",
    "set_attributes",
    "set_options",
]
