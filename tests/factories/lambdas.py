"""What AWS Lambda hands to a function: events in the form of its documentation, and a context."""

import base64
import os
from typing import Any
from uuid import uuid4

from django.conf import settings

from apps.core.gateways import aws_client
from ecommerce.messaging import physical_name
from tests.queues import Queues

SOURCE = "203.0.113.7"
# What a function's settings ask for; nothing answers there.
ENVIRONMENT = {
    "PATH": os.defpath,
    "AWS_LAMBDA_FUNCTION_NAME": "shop-web",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "SECRET_KEY": "a-key-of-this-test",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SHOP_ORIGIN": "https://shop.example.com",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "SQS_BASE_URL": "http://127.0.0.1:1/0",
    "SNS_TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:x",
    "MEDIA_BUCKET": "media",
    "MEDIA_DOMAIN": "media.example.com",
    "DOCUMENTS_BUCKET": "documents",
    "STATIC_DOMAIN": "static.example.com",
    "DOWNSTREAM_SECRETS": "crm=a-secret-of-this-test",
    "PAYMENT_GATEWAYS": "fake",
}
DOMAIN = "abc123.execute-api.eu-west-1.amazonaws.com"


class Context:
    """The context of an invocation that has this much time left."""

    aws_request_id = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"

    def __init__(self, *millis: int) -> None:
        self._millis = list(millis or (60_000,))

    def get_remaining_time_in_millis(self) -> int:
        """The next of the times, and for ever the last."""
        return self._millis.pop(0) if len(self._millis) > 1 else self._millis[0]


def rest_event(
    path: str,
    method: str = "GET",
    *,
    headers: dict[str, str] | None = None,
    query: dict[str, list[str]] | None = None,
    body: bytes | None = None,
    stage: str = "",
) -> dict[str, Any]:
    """A request of a REST API; with a stage the way to it is AWS's own address, else a domain."""
    sent = {"Host": "127.0.0.1", "X-Forwarded-Proto": "https", **(headers or {})}
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": {name: values[-1] for name, values in (query or {}).items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": {"proxy": path.removeprefix("/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "path": f"/{stage}{path}" if stage else path,
            "stage": stage or "production",
            "domainName": DOMAIN if stage else "shop.example.com",
            "requestId": str(uuid4()),
            "identity": {"sourceIp": SOURCE, "userAgent": "curl/8"},
            "apiId": "abc123",
        },
        "body": None if body is None else base64.b64encode(body).decode(),
        "isBase64Encoded": body is not None,
    }


def url_event(path: str, *, cookies: list[str] | None = None) -> dict[str, Any]:
    """A request of a function URL or an HTTP API (payload 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "cookies": cookies or [],
        "headers": {"host": "127.0.0.1", "x-forwarded-proto": "https"},
        "requestContext": {
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": SOURCE},
            "requestId": str(uuid4()),
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }


def sqs_record(body: str, *, queue: str = "tasks", **fields: Any) -> dict[str, Any]:
    """A message as an event source mapping hands it over."""
    attributes = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1767225600000",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1767225600001",
    }
    return {
        "messageId": str(uuid4()),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body,
        "attributes": {**attributes, **fields.pop("attributes", {})},
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:000000000000:{physical_name(queue)}",
        "awsRegion": settings.AWS_REGION,
        **fields,
    }


def receive(queues: Queues, name: str) -> list[dict[str, Any]]:
    """All that waits on a queue, as an event source mapping would hand it over."""
    records: list[dict[str, Any]] = []
    while True:
        answer = aws_client("sqs").receive_message(
            QueueUrl=queues.url(name), MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        if not answer.get("Messages"):
            return records
        records += [
            sqs_record(
                message["Body"],
                queue=name,
                messageId=message["MessageId"],
                receiptHandle=message["ReceiptHandle"],
                attributes=message["Attributes"],
            )
            for message in answer["Messages"]
        ]


def sqs_event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}
