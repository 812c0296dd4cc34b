from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class IsCustomer(BasePermission):
    """Only a caller with a valid access token."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user is not None and bool(request.user.is_authenticated)
