"""The API's description of itself, loaded when somebody asks for it: no other request pays for it."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

from apps.core.api.views import hand_descriptions_over

_made: dict[str, Any] = {}


class Generator(SchemaGenerator):
    """drf-spectacular's, which first hears what the views say of themselves, and is asked once.

    The description is the same for every caller, and making it takes a quarter of a second.
    """

    def get_schema(self, *args: Any, **kwargs: Any) -> Any:
        if "schema" not in _made:
            hand_descriptions_over()
            _made["schema"] = super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]
        return _made["schema"]


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """A bearer token (RFC 6750) in the form of a JSON Web Token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """A key in the header, after a word that is no scheme of HTTP's own."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key <key>`; staff issue keys in the back office.",
        }
