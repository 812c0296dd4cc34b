"""What Django itself refuses, before or beside any view: pages for people, problem documents for the API."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from apps.core.api.views import PROBLEM_TYPE, problem_document

_API = "/api/"


def _refusal(
    page: Callable[..., HttpResponse], *, status: int, code: str, detail: str
) -> Callable[..., HttpResponse]:
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.path_info.startswith(_API):
            return page(request, *args, **kwargs)
        document = problem_document(status=status, code=code, detail=detail)
        return JsonResponse(document, status=status, content_type=PROBLEM_TYPE)

    return answer


bad_request = _refusal(
    defaults.bad_request, status=400, code="parse_error", detail="The request cannot be read."
)
permission_denied = _refusal(
    defaults.permission_denied, status=403, code="permission_denied", detail="This is not allowed."
)
page_not_found = _refusal(
    defaults.page_not_found, status=404, code="not_found", detail="There is nothing here."
)
server_error = _refusal(
    defaults.server_error, status=500, code="error", detail="Something went wrong on our side."
)
