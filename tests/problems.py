"""What a refusal of the API must look like (RFC 9457)."""

from rest_framework.test import APIClient


def assert_problem(response, *, status: int, code: str) -> dict:
    """The response is a problem document with this status and stable code; returns it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:shop:problem:{code}"
    assert body["title"]
    assert body["detail"]
    return body


def guest(secret: str = "a guest's own secret") -> APIClient:
    """A client that holds a guest's secret."""
    client = APIClient()
    client.credentials(HTTP_GUEST_SECRET=secret)
    return client
