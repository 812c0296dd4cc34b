"""The orders queue, seen from the side."""

from django.conf import settings

from apps.core.gateways import aws_client

_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def count_waiting() -> int:
    """How many requests for orders lie on the queue: visible, in some worker's hands, or delayed."""
    answer = aws_client("sqs").get_queue_attributes(
        QueueUrl=f"{settings.SQS_BASE_URL}/{settings.STAGE}-orders", AttributeNames=list(_COUNTS)
    )
    return sum(int(answer["Attributes"][name]) for name in _COUNTS)
