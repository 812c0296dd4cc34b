"""How amounts read in pages."""

from django import template

from apps.core.selectors import money_text
from apps.core.types import Money

register = template.Library()


@register.filter
def money(value: Money | None) -> str:
    """£4.20, 4,20 €; nothing for no amount."""
    return "" if value is None else money_text(value)
