"""How amounts, shelves and facts read in pages."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info, to_locale
from django.utils.translation import gettext_lazy as _

from apps.catalog.models import Category
from apps.catalog.selectors import shown_picture
from apps.catalog.types import AttributeKind, ShownPicture
from apps.core.models import Translated
from apps.core.selectors import brand, money_text
from apps.core.types import Localization, Money, Words
from apps.search.selectors import unit_money
from apps.search.types import AttributeView, ImageView, ProductView, VariantView
from apps.storefront.rules import alternates_of

register = template.Library()

# What of a name fits into a card on a phone without a break.
_LONGEST_WHOLE = 14

# What would end a script element early; JSON allows these characters as escapes.
_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


# What happened to an order, in words for its shopper; what is not here is not theirs to know.
_EVENT_WORDS = {
    "orders.order.placed.v1": _("Stock set aside"),
    "orders.order.awaiting_payment.v1": _("Waiting for your payment"),
    "orders.order.awaiting_approval.v1": _("Waiting for our word"),
    "orders.order.approved.v1": _("Order checked"),
    "orders.order.paid.v1": _("Order paid"),
    "orders.order.rejected.v1": _("Order not taken"),
    "orders.order.cancelled.v1": _("Order cancelled"),
    "orders.order.units_cancelled.v1": _("Part of the order cancelled"),
    "orders.order.completed.v1": _("Order completed"),
    "payments.payment.authorised.v1": _("Payment confirmed"),
    "payments.payment.captured.v1": _("Payment received"),
    "payments.payment.failed.v1": _("Payment declined"),
    "payments.payment.refunded.v1": _("Money sent back"),
    "payments.payment.came_late.v1": _("Payment came too late: it goes back to you"),
    "payments.payment.refund_returned.v1": _("Money came back to us: we will be in touch"),
    "inventory.backorder.filled.v1": _("What was on back-order has come in"),
    "shipping.shipment.requested.v1": _("Handed to the packers"),
    "shipping.shipment.withdrawn.v1": _("Parcel cancelled"),
    "shipping.shipment.shipped.v1": _("Parcel sent"),
    "shipping.shipment.delivered.v1": _("Parcel delivered"),
    "shipping.shipment.failed.v1": _("Parcel could not be delivered"),
    "shipping.shipment.overdue.v1": _("Parcel could not be delivered"),
}
_EVENT_WORDS_ON_ACCOUNT = _EVENT_WORDS | {
    "orders.order.paid.v1": _("Order confirmed"),
    "payments.payment.authorised.v1": _("Covered by your account"),
    "payments.payment.captured.v1": _("Entered on your account"),
    "payments.payment.failed.v1": _("Not covered by your account"),
    "payments.payment.refunded.v1": _("Set against your account"),
}


@register.filter
def event_words(event: str, on_account: bool) -> str:
    """What an event is called on the page of its order; nothing for what shoppers are not told."""
    words = _EVENT_WORDS_ON_ACCOUNT if on_account else _EVENT_WORDS
    return str(words.get(event, ""))


@register.filter
def localized(row: Translated, field: str) -> Words:
    """A text of a row in the page's language, else in its own."""
    return row.localized(field)


@register.filter
def lang(words: str) -> SafeString:
    """The attributes of an element whose words are not in the page's language; nothing where they are."""
    language = getattr(words, "language", None)
    if not words or language is None or language == spoken_language():
        return SafeString("")
    return _attributes_of(language)


@register.simple_tag
def page_language() -> SafeString:
    """The attributes of a page: the language of the shop's own words on it, and how it is written."""
    return _attributes_of(spoken_language())


def spoken_language() -> str:
    """The active language, if the shop's own words are translated into it; else the one that they are in.

    A market may speak more languages than the shop does: then only what is sold is said in them.
    """
    language = get_language() or settings.LANGUAGE_CODE
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _attributes_of(language: str) -> SafeString:
    direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
    return format_html('lang="{}" dir="{}"', language, direction)


@register.filter
def money(value: Money | None) -> str:
    """£4.20, 4,20 €; nothing for no amount."""
    return "" if value is None else money_text(value)


@register.filter
def minor(value: int, currency: str) -> Money:
    """An amount kept in minor units, as money."""
    return Money(value, currency)


@register.filter
def unit_price(value: Decimal | None, currency: str) -> Money | None:
    """A price kept in major units, as money."""
    return None if value is None else unit_money(value, currency)


@register.filter
def figure(fact: AttributeView) -> str:
    """What is told of a product, with its unit; a decimal number as the language writes it: 6,8."""
    value = fact.value
    if fact.kind == AttributeKind.DECIMAL:
        value = number_format(Decimal(value))
    return f"{value}\N{NO-BREAK SPACE}{fact.unit}" if fact.unit else str(value)


@register.filter
def whole(name: str) -> SafeString:
    """A name that breaks between words only: `Washing-Up` stays in one piece, as long as it has room."""
    parts = [
        format_html('<span class="whole">{}</span>', word)
        if "-" in word and len(word) <= _LONGEST_WHOLE
        else escape(word)
        for word in name.split()
    ]
    return mark_safe(" ".join(parts))  # noqa: S308


@register.filter
def words(text: str) -> list[str]:
    """The words of a text, to loop over."""
    return text.split()


@register.filter
def departments(categories: Iterable[Category]) -> list[dict[str, Any]]:
    """The top shelves, each with those right below it; takes the tree in reading order."""
    found: list[dict[str, Any]] = []
    for category in categories:
        if category.depth == 1:
            found.append({"shelf": category, "below": []})
        elif category.depth == 2 and found:
            found[-1]["below"].append(category)
    return found


@register.filter
def below(categories: Iterable[Category], shelf: Category) -> list[Category]:
    """The shelves right below one."""
    return [
        one for one in categories if one.depth == shelf.depth + 1 and one.is_descendant_of(shelf)
    ]


@register.filter
def trail(categories: Iterable[Category], slug: str) -> list[Category]:
    """The way from a top shelf to the one with this slug."""
    known = list(categories)
    here = next((one for one in known if one.slug == slug), None)
    return [one for one in known if here is not None and here.path.startswith(one.path)]


@register.filter
def picture_of(category: Category) -> ShownPicture:
    """The shelf's picture in the widths that a worker has drawn, or the original."""
    return shown_picture(
        category.picture.name,
        renditions=getattr(category, "renditions", None),
        width=1600,
        height=600,
    )


@register.inclusion_tag("storefront/parts/page_links.html", takes_context=True)
def page_links(context: Context, number: int = 1) -> dict[str, Any]:
    """Tell search engines the one address of a page, and where it is in other markets and languages.

    `number` is which page of a list it is. An address without market and language leads on, and is for
    whoever none of the others is for (`x-default`).
    """
    request = context["request"]
    here: Localization = request.localization
    question = f"?{urlencode({'page': number})}" if number > 1 else ""
    root = request.build_absolute_uri(request.path.removesuffix(request.path_info))
    root = root.removesuffix(here.prefix.rstrip("/"))
    return {
        "canonical": f"{root}{here.prefix.rstrip('/')}{request.path_info}{question}",
        "fallback": f"{root}{request.path_info}{question}",
        "alternates": [
            (
                one.hreflang,
                f"{root}{one.localization.prefix.rstrip('/')}{request.path_info}{question}",
            )
            for one in alternates_of(context["markets"])
        ],
    }


@register.inclusion_tag("storefront/parts/page_graph.html", takes_context=True)
def page_graph(
    context: Context,
    title: str = "",
    description: str = "",
    kind: str = "website",
    picture: ImageView | None = None,
) -> dict[str, Any]:
    """How a page looks where its address is shared (https://ogp.me); without a title it is the shop's."""
    request = context.get("request")
    return {
        "title": title,
        "description": description,
        "kind": kind,
        "picture": picture,
        "picture_url": request.build_absolute_uri(picture.url) if request and picture else "",
        "address": request.build_absolute_uri(request.path) if request else "",
        "locale": to_locale(spoken_language()),
        "shop": brand().name,
    }


@register.simple_tag
def product_data(request: HttpRequest, product: ProductView) -> SafeString:
    """The product for search engines: a group, if it comes in several variants, each with its offer."""
    address = request.build_absolute_uri(reverse("storefront:product", args=[product.slug]))
    about: dict[str, Any] = {
        "name": product.name,
        "description": product.summary,
        "image": [request.build_absolute_uri(image.url) for image in product.images],
        "url": address,
    }
    if product.brand:
        about["brand"] = {"@type": "Brand", "name": product.brand}
    variants = [_variant_data(one, address=address) for one in product.variants if one.price]
    if len(product.variants) == 1:
        return _data_block("Product", {**about, **(variants[0] if variants else {})})
    group = {
        "productGroupID": product.slug,
        "hasVariant": [
            {
                "@type": "Product",
                **one,
                "name": f"{product.name}, {one['name']}" if one["name"] else product.name,
                "image": about["image"],
            }
            for one in variants
        ],
    }
    return _data_block("ProductGroup", {**about, **group})


def _variant_data(variant: VariantView, *, address: str) -> dict[str, Any]:
    """One variant of a product: its number below the bar code, and what it costs."""
    assert variant.price is not None
    own = f"{address}?{urlencode({'sku': variant.sku})}"
    return {
        "sku": variant.sku,
        **({"gtin": variant.gtin} if variant.gtin else {}),
        "name": variant.option_text,
        "offers": {
            "@type": "Offer",
            "price": str(variant.price.amount),
            "priceCurrency": variant.price.currency,
            "availability": f"https://schema.org/{_availability(variant)}",
            "url": own,
        },
    }


@register.simple_tag
def trail_data(request: HttpRequest, shelves: Iterable[Category], here: str = "") -> SafeString:
    """The way to a page for search engines, from the front page to the shelf, or to what stands there."""
    steps: list[tuple[object, str]] = [(_("Home"), reverse("storefront:home"))]
    steps += [
        (one.localized("name"), reverse("storefront:category", args=[one.slug])) for one in shelves
    ]
    if here:
        steps.append((here, request.path))
    return _data_block(
        "BreadcrumbList",
        {
            "itemListElement": [
                {
                    "@type": "ListItem",
                    "position": position,
                    "name": str(name),
                    "item": request.build_absolute_uri(path),
                }
                for position, (name, path) in enumerate(steps, start=1)
            ]
        },
    )


@register.simple_tag
def shop_data(request: HttpRequest) -> SafeString:
    """Whose shop it is, and how it is searched, for search engines."""
    ours = brand()
    home = request.build_absolute_uri(reverse("storefront:home"))
    search = request.build_absolute_uri(reverse("storefront:search"))
    organization = {
        "name": ours.name,
        "legalName": ours.seller.name,
        "url": home,
        "email": ours.seller.email,
        "address": ", ".join(ours.seller.address),
        **({"vatID": ours.seller.vat_id} if ours.seller.vat_id else {}),
    }
    site = {
        "name": ours.name,
        "url": home,
        "inLanguage": get_language(),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{search}?{urlencode({'q': '{q}'}, safe='{}')}",
            },
            "query-input": "required name=q",
        },
    }
    return SafeString(_data_block("Organization", organization) + _data_block("WebSite", site))


def _data_block(kind: str, facts: Mapping[str, Any]) -> SafeString:
    """What a page says to machines (https://schema.org), as a block that no browser runs."""
    data = {"@context": "https://schema.org", "@type": kind, **facts}
    text = json.dumps(data, ensure_ascii=False).translate(_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308


def _availability(variant: VariantView) -> str:
    if variant.free_units:
        return "InStock"
    return "BackOrder" if variant.backorder_left else "OutOfStock"
