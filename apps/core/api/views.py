"""What every JSON answer has in common: RFC 9457 problem documents and cursor-free paging."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf.locale import LANG_INFO
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils import translation
from django.utils.cache import patch_cache_control
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.serializers import UNKNOWN_LANGUAGE
from apps.core.errors import DomainError, InvalidInput, TemporarilyUnavailable

PROBLEM_TYPE = "application/problem+json"
_Method = TypeVar("_Method", bound=Callable[..., Any])
_descriptions: list[tuple[Callable[..., Any], dict[str, Any]]] = []


def described(**facts: Any) -> Callable[[_Method], _Method]:
    """Say of a view's method, for the API's schema, what it takes and answers: what drf-spectacular's
    `extend_schema` takes. It hears of it when somebody asks for the schema, and is not loaded before.
    """

    def remember(method: _Method) -> _Method:
        _descriptions.append((method, facts))
        return method

    return remember


def hand_descriptions_over() -> None:
    """Tell drf-spectacular what the views have said of themselves, once."""
    from drf_spectacular.utils import extend_schema  # noqa: PLC0415

    while _descriptions:
        method, facts = _descriptions.pop()
        extend_schema(**facts)(method)


class LocalizedView(APIView):
    """Answers with texts of the shop in the language that `?language=` names; without it in one that the
    request's headers ask for, and then no cache may keep the answer.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Speak the language that is asked for. Raises InvalidInput for what is none."""
        super().initial(request, *args, **kwargs)
        language = request.query_params.get("language")
        if language is None:
            return
        if language not in LANG_INFO:
            raise InvalidInput(errors={"language": [UNKNOWN_LANGUAGE]})
        translation.activate(language)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Say in which language the answer is."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        answer["Content-Language"] = translation.get_language()
        if "language" not in request.query_params:
            patch_cache_control(answer, private=True, no_store=True)
        return answer


class Pagination(PageNumberPagination):
    """Pages of 24, at most 100."""

    page_size = 24
    page_size_query_param = "page_size"
    max_page_size = 100


class TooLarge(exceptions.APIException):
    """A body that nobody would read."""

    status_code = 413
    default_detail = "The request is too large."
    default_code = "too_large"


def problem(*, status: int, code: str, detail: str, **extra: Any) -> Response:
    """A problem document (RFC 9457) with the shop's stable `code` beside its fields."""
    body = problem_document(status=status, code=code, detail=detail, **extra)
    return Response(body, status=status, content_type=PROBLEM_TYPE)


def problem_document(*, status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    """The fields of a problem document."""
    return {
        "type": f"urn:shop:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **extra,
    }


def render_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: refusals, DRF's own errors and outages as problem documents."""
    if isinstance(error, OperationalError | InterfaceError):
        error = TemporarilyUnavailable()
    if isinstance(error, DomainError):
        return _render_refusal(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge()
    elif isinstance(error, SuspiciousOperation | BadRequest):
        error = exceptions.ParseError()
    if isinstance(error, exceptions.APIException):
        return _render_api_exception(error)
    return None


def _render_refusal(error: DomainError) -> Response:
    response = problem(status=error.status, code=error.code, detail=str(error), **error.details)
    if error.retry_after_seconds is not None:
        response["Retry-After"] = str(error.retry_after_seconds)
    return response


def _render_api_exception(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        return problem(
            status=400,
            code="invalid_input",
            detail="Some of the values cannot be used.",
            errors=error.detail,
        )
    code = error.get_codes()
    response = problem(
        status=error.status_code,
        code=code if isinstance(code, str) else "error",
        detail=str(error.detail),
    )
    if (wait := getattr(error, "wait", None)) is not None:
        response["Retry-After"] = str(int(wait) + 1)
    if challenge := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    return response


def parse(serializer: Any) -> Any:
    """The validated fields, or a problem document that names the wrong ones."""
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
