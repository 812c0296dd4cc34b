"""What search engines and devices ask for: which pages there are, and how the shop is put on a home screen."""

import re
from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, get_language_info
from django.views.decorators.http import require_safe

from apps.core.selectors import brand, mounted_at
from apps.core.types import Localization
from apps.pricing.models import Market
from apps.pricing.selectors import list_markets
from apps.storefront.selectors import PAGES_IN_A_SITEMAP, count_indexed, list_indexed
from apps.storefront.types import IndexedPage

_XML = "application/xml; charset=utf-8"
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_IMAGES = "http://www.google.com/schemas/sitemap-image/1.1"
# What is one shopper's own, or leads nowhere new; below every market and language.
_PRIVATE = ("account", "cart", "checkout", "choose", "elsewhere", "orders", "pay", "search")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What may be read by robots (RFC 9309), and where the sitemaps are."""
    lines = ["User-agent: *", *(f"Disallow: /*/*/{one}/" for one in _PRIVATE), "Disallow: /admin/"]
    lines += ["", f"Sitemap: {request.build_absolute_uri(reverse('machines:sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The index of all sitemaps (https://www.sitemaps.org/protocol.html): by market, language and number."""
    lines = [
        f"<sitemap><loc>{request.build_absolute_uri(path)}</loc></sitemap>"
        for market in list_markets()
        for language in market.languages
        for number in range(1, 1 + -(-count_indexed(market) // PAGES_IN_A_SITEMAP))
        if (path := reverse("machines:sitemap-part", args=[market.code, language, number]))
    ]
    body = f'<sitemapindex xmlns="{_SITEMAPS}">{"".join(lines)}</sitemapindex>'
    return HttpResponse(f'<?xml version="1.0" encoding="UTF-8"?>{body}', content_type=_XML)


@require_safe
def sitemap_part(
    request: HttpRequest, market: str, language: str, number: int
) -> StreamingHttpResponse:
    """At most 50,000 pages of a market in a language, with their pictures; sent while it is read."""
    found = list_markets().filter(pk=market).first()
    if found is None or language not in found.languages or number < 1:
        raise Http404
    lines = _lines(request, market=found, language=language, number=number)
    return StreamingHttpResponse(lines, content_type=_XML)


def _lines(request: HttpRequest, *, market: Market, language: str, number: int) -> Iterator[str]:
    place = Localization(market=market.code, language=language)
    yield f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{_SITEMAPS}" xmlns:image="{_IMAGES}">'
    for page in list_indexed(market, number=number):
        yield _line(request, page, place=place)
    yield "</urlset>"


def _line(request: HttpRequest, page: IndexedPage, *, place: Localization) -> str:
    with mounted_at(place):
        path = reverse(f"storefront:{page.view}", args=page.arguments)
    pictures = "".join(
        f"<image:image><image:loc>{request.build_absolute_uri(one)}</image:loc></image:image>"
        for one in page.pictures
    )
    changed = f"<lastmod>{page.changed_at.isoformat()}</lastmod>" if page.changed_at else ""
    return f"<url><loc>{request.build_absolute_uri(path)}</loc>{changed}{pictures}</url>"


def _icons() -> list[str]:
    """The addresses of the shop's icon, which the owner's folder may name: those of the pages."""
    links = re.findall(r'href="([^"]+)"', render_to_string("storefront/parts/icon.html"))
    return [one for one in links if not one.startswith("data:")]


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """How the shop is put on a home screen, in the page's language (W3C, Web Application Manifest)."""
    language = get_language() or "en"
    about = {
        "name": brand().name,
        "short_name": brand().name,
        "lang": language,
        "dir": "rtl" if get_language_info(language)["bidi"] else "ltr",
        "id": reverse("storefront:home"),
        "start_url": reverse("storefront:home"),
        "scope": reverse("storefront:home"),
        "display": "browser",
        "icons": [{"src": one, "sizes": "any"} for one in _icons()],
    }
    return JsonResponse(about, content_type="application/manifest+json")
