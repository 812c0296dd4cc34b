from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.models import Scope
from apps.accounts.types import Caller, Partner


class IsCustomer(BasePermission):
    """Only a caller with a valid access token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, Caller)


def caller_of(request: Request) -> Caller:
    """The customer behind a request that IsCustomer let through."""
    assert isinstance(request.user, Caller)
    return request.user


class HasScope(BasePermission):
    """Only a partner's system whose API key carries the view's `required_scope`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        required: Scope = view.required_scope  # type: ignore[attr-defined]
        return isinstance(request.user, Partner) and required in request.user.scopes


def partner_of(request: Request) -> Partner:
    """The partner behind a request that HasScope let through."""
    assert isinstance(request.user, Partner)
    return request.user
