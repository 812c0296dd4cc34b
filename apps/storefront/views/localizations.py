"""The choice of market and language, and the offer of others to whom they fit better."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from apps.core.selectors import mounted_at
from apps.core.types import Localization
from apps.storefront.rules import choose_language
from apps.storefront.selectors import LANGUAGE_COOKIE, MARKET_COOKIE, choose_among
from apps.storefront.views.pages import keep_private, markets_of, note


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Remember the market and the language, and show the page that the shopper was on in them.

    From the checkout, its form is sent along: the browser sends it on, so that nothing typed is lost and
    nothing of it is kept here.
    """
    market, markets = markets_of(request)
    wanted = request.POST.get("market", market.code)
    market = next((one for one in markets if one.code == wanted), market)
    asked = request.POST.get("language", get_language() or "")
    chosen = Localization(market=market.code, language=choose_language(market, wanted=[asked]))
    with mounted_at(chosen):
        if "typed" in request.POST:
            response = redirect("storefront:checkout", preserve_request=True)
        else:
            response = redirect(_same_page(request, localization=chosen))
    note(response, key=MARKET_COOKIE, value=chosen.market, request=request)
    note(response, key=LANGUAGE_COOKIE, value=chosen.language, request=request)
    return response


@require_safe
def elsewhere(request: HttpRequest) -> HttpResponse:
    """Offer the market and language that fit the visitor, in their words; nothing where they are there.

    Pages are the same for everybody, so a script asks for this after them.
    """
    market, markets = markets_of(request)
    fitting = choose_among(markets, request=request, default_market=market.code)
    here = Localization(market=market.code, language=get_language() or "")
    if fitting == here:
        return keep_private(HttpResponse(status=204))
    offered = next(one for one in markets if one.code == fitting.market)
    context = {
        "offered": offered,
        "language": fitting.language,
        "next": request.GET.get("next", ""),
    }
    with translation.override(fitting.language):
        return keep_private(render(request, "storefront/parts/elsewhere.html", context))


def _same_page(request: HttpRequest, *, localization: Localization) -> str:
    """The page that the form was on (`next`), in another market or language; home for no page of ours."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    home = reverse("storefront:home")
    here = getattr(request, "localization", localization)
    root = home.removesuffix(localization.prefix)
    path = target.removeprefix(root)
    if not is_ours or not path.startswith(here.prefix):
        return home
    return f"{home}{path.removeprefix(here.prefix)}"
