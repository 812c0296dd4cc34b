"""The least that Django is on Lambda: one view, no app, no middleware, no database."""

from typing import Any

from apig_wsgi import make_lambda_handler
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


urlpatterns: list[Any] = [path("healthz", healthz)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="bare")
handler = make_lambda_handler(get_wsgi_application(), binary_support=True)
