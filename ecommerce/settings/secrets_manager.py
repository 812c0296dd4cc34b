"""Secrets Manager without boto3, whose loading would cost each cold start a third of a second.

Where the environment holds no credentials, as in a container, boto3 knows where else to look.
"""

import hashlib
import hmac
import json
import os
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

_SERVICE = "secretsmanager"
_TARGET = "secretsmanager.GetSecretValue"
_TYPE = "application/x-amz-json-1.1"
# Seconds for a whole answer; and how often it is asked for.
_PATIENCE = 5
_ATTEMPTS = 2


def get_secret(name: str) -> dict[str, Any]:
    """What Secrets Manager has of a secret: its `SecretString` among others.

    Raises OSError where it does not answer or refuses, and whatever boto3 raises where that is asked.
    """
    if "AWS_ACCESS_KEY_ID" not in os.environ:
        return _by_boto3(name)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _ask(name)
        except OSError:
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError


def _ask(name: str) -> dict[str, Any]:
    import urllib.request  # a laptop asks nobody

    region = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
    address = os.environ.get("AWS_ENDPOINT_URL") or f"https://{_SERVICE}.{region}.amazonaws.com"
    body = json.dumps({"SecretId": name}).encode()
    headers = signed_headers(
        host=urlsplit(address).netloc, region=region, body=body, now=datetime.now(UTC)
    )
    # The address is AWS's, or what the environment names in its place.
    request = urllib.request.Request(f"{address}/", data=body, headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
        document: dict[str, Any] = json.load(answer)
    return document


def signed_headers(*, host: str, region: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of a request for a secret, signed with the environment's credentials."""
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": _TYPE,
        "host": host,
        "x-amz-date": moment,
        "x-amz-target": _TARGET,
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    signed = ";".join(names)
    asked = "\n".join(["POST", "/", "", lines, signed, hashlib.sha256(body).hexdigest()])
    scope = f"{moment[:8]}/{region}/{_SERVICE}/aws4_request"
    text = "\n".join(
        ["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(asked.encode()).hexdigest()]
    )
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    who = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    return {
        **headers,
        "authorization": f"AWS4-HMAC-SHA256 Credential={who}, SignedHeaders={signed}, Signature={signature}",
    }


def _by_boto3(name: str) -> dict[str, Any]:
    import boto3  # a third of a second
    from botocore.config import Config

    config = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": _ATTEMPTS})
    return dict(boto3.client("secretsmanager", config=config).get_secret_value(SecretId=name))
