"""Whose shop it is, for every template: these tags need no `{% load %}`, no request and no database."""

from django import template

from apps.core.selectors import brand

register = template.Library()


@register.simple_tag
def brand_name() -> str:
    """What the shop is called."""
    return brand().name
