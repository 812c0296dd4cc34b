from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class GuestThrottle(SimpleRateThrottle):
    """Guests place so many orders per address and per device, and no more."""

    scope = "guest-place"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.user is not None:
            return None
        return f"throttle:place:{self.get_ident(request)}"


class DeviceThrottle(GuestThrottle):
    """The same for the secret that a device holds, whatever address it comes from."""

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        secret = request.headers.get("Guest-Secret")
        return f"throttle:place:device:{secret[:64]}" if secret and request.user is None else None
