"""The demo bank's own page, where the shopper agrees or refuses."""

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from apps.core.errors import DomainError
from apps.core.selectors import money_text
from apps.payments.providers.fake.services import confirm_by_shopper, is_of_demo_bank
from apps.payments.registry import offered_names
from apps.payments.selectors import find_payment_by_id


@cache_control(private=True, no_store=True)
@require_http_methods(["GET", "HEAD", "POST"])
def bank(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """The page of one payment; where the bank is no longer offered there is none."""
    payment = find_payment_by_id(payment_id)
    if payment is None or payment.gateway not in offered_names() or not is_of_demo_bank(payment):
        raise Http404
    if not payment.action_url:
        raise Http404
    context = {"amount": money_text(payment.amount)}
    if request.method != "POST":
        return render(request, "payments/fake/bank.html", context)
    try:
        confirm_by_shopper(payment_id=payment_id, agrees=request.POST.get("answer") == "agree")
    except DomainError as refusal:
        context["problem"] = str(refusal)
        return render(request, "payments/fake/bank.html", context, status=409)
    return redirect(settings.PAYMENT_RETURN_PATH.format(payment_id=payment_id))
