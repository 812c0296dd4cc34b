from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.types import Caller


class IsCustomer(BasePermission):
    """Only a caller with a valid access token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, Caller)


def caller_of(request: Request) -> Caller:
    """The customer behind a request that IsCustomer let through."""
    assert isinstance(request.user, Caller)
    return request.user
