"""Creates a stage's queues, topic, subscriptions and buckets from their one declaration.

Run `python -m dev.provision ENDPOINT_URL`.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from dev.emulator import CREDENTIALS, REGION
from ecommerce import messaging

_DEAD_LETTER_SECONDS = 14 * 24 * 60 * 60
_DOWNSTREAM_VISIBILITY_SECONDS = 30
_DOWNSTREAM_RECEIVE_LIMIT = 5
# These are JSON documents, which a server may give back with other spaces and order.
_DOCUMENTS = ("Policy", "RedrivePolicy", "FilterPolicy")


def provision(*, endpoint_url: str) -> None:
    """Create what is missing and correct what differs; a second call changes nothing."""
    _Provisioner.connect(endpoint_url=endpoint_url).run()


@dataclass(frozen=True, kw_only=True)
class _Provisioner:
    sqs: Any
    sns: Any
    s3: Any

    @classmethod
    def connect(cls, *, endpoint_url: str) -> "_Provisioner":
        session = boto3.session.Session(
            aws_access_key_id=CREDENTIALS,
            aws_secret_access_key=CREDENTIALS,
            region_name=REGION,
        )
        path_style = Config(s3={"addressing_style": "path"})
        sqs, sns, s3 = (
            session.client(name, endpoint_url=endpoint_url, config=path_style)
            for name in ("sqs", "sns", "s3")
        )
        return cls(sqs=sqs, sns=sns, s3=s3)

    def run(self) -> None:
        arns = {
            queue.name: self._ensure_queue_pair(
                name=queue.name,
                receive_limit=queue.receive_limit,
                attributes={
                    "VisibilityTimeout": str(queue.visibility_seconds),
                    "MessageRetentionPeriod": str(queue.retention_seconds),
                },
            )
            for queue in messaging.QUEUES
        }
        topic = self.sns.create_topic(Name=messaging.physical_name(messaging.TOPIC))["TopicArn"]
        subscriptions = self._subscriptions(topic=topic)
        for system, types in messaging.DOWNSTREAM.items():
            self._ensure_downstream(
                system=system, types=types, topic=topic, subscriptions=subscriptions
            )
        self._ensure_buckets()
        self._ensure_notification(queues=arns)

    def _ensure_queue_pair(
        self, *, name: str, receive_limit: int, attributes: Mapping[str, str]
    ) -> str:
        """The queue and the dead-letter queue behind it; returns the queue's ARN."""
        dead = self._ensure_queue(
            name=f"{name}-dlq", attributes={"MessageRetentionPeriod": str(_DEAD_LETTER_SECONDS)}
        )
        redrive = {"deadLetterTargetArn": dead, "maxReceiveCount": receive_limit}
        return self._ensure_queue(
            name=name, attributes={**attributes, "RedrivePolicy": json.dumps(redrive)}
        )

    def _ensure_queue(self, *, name: str, attributes: Mapping[str, str]) -> str:
        physical = messaging.physical_name(name)
        try:
            url = self.sqs.get_queue_url(QueueName=physical)["QueueUrl"]
        except self.sqs.exceptions.QueueDoesNotExist:
            url = self.sqs.create_queue(QueueName=physical, Attributes=attributes)["QueueUrl"]
        present = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if differing := _differing(wanted=attributes, present=present):
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes=differing)
        return str(present["QueueArn"])

    def _ensure_downstream(
        self,
        *,
        system: str,
        types: tuple[str, ...],
        topic: str,
        subscriptions: Mapping[str, str],
    ) -> None:
        name = f"downstream-{system}"
        attributes = {
            "VisibilityTimeout": str(_DOWNSTREAM_VISIBILITY_SECONDS),
            "MessageRetentionPeriod": str(_DEAD_LETTER_SECONDS),
            "Policy": json.dumps(_policy(topic=topic, queue=messaging.physical_name(name))),
        }
        queue = self._ensure_queue_pair(
            name=name, receive_limit=_DOWNSTREAM_RECEIVE_LIMIT, attributes=attributes
        )
        subscription = subscriptions.get(queue)
        if types:
            self._ensure_subscription(
                topic=topic, queue=queue, types=types, subscription=subscription
            )
        elif subscription:
            # A filter that names no type would be refused, and none at all would let all through.
            self.sns.unsubscribe(SubscriptionArn=subscription)

    def _ensure_subscription(
        self, *, topic: str, queue: str, types: tuple[str, ...], subscription: str | None
    ) -> None:
        wanted = {
            "RawMessageDelivery": "true",
            "FilterPolicy": json.dumps({"event_type": list(types)}),
        }
        if subscription is None:
            self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=wanted)
            return
        present = self.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        for attribute, value in _differing(wanted=wanted, present=present).items():
            self.sns.set_subscription_attributes(
                SubscriptionArn=subscription, AttributeName=attribute, AttributeValue=value
            )

    def _subscriptions(self, *, topic: str) -> dict[str, str]:
        pages = self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        return {
            one["Endpoint"]: one["SubscriptionArn"]
            for page in pages
            for one in page["Subscriptions"]
        }

    def _ensure_buckets(self) -> None:
        present = {bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]}
        for name in map(messaging.physical_name, messaging.BUCKETS):
            if name not in present:
                self.s3.create_bucket(
                    Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
                )

    def _ensure_notification(self, *, queues: Mapping[str, str]) -> None:
        """The queue `bulk` hears of every picture that comes into the bucket `media`."""
        bucket = messaging.physical_name("media")
        wanted = [
            {
                "Id": folder.rstrip("/"),
                "QueueArn": queues["bulk"],
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": folder}]}},
            }
            for folder in messaging.MEDIA_FOLDERS
        ]
        present = self.s3.get_bucket_notification_configuration(Bucket=bucket)
        if present.get("QueueConfigurations", []) != wanted:
            self.s3.put_bucket_notification_configuration(
                Bucket=bucket, NotificationConfiguration={"QueueConfigurations": wanted}
            )


def _policy(*, topic: str, queue: str) -> dict[str, Any]:
    """Lets this topic, and nobody else's, write into the queue."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": f"{topic.rpartition(':')[0].replace(':sns:', ':sqs:')}:{queue}",
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }
        ],
    }


def _differing(*, wanted: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in wanted.items()
        if _comparable(name=name, value=value)
        != _comparable(name=name, value=present.get(name, ""))
    }


def _comparable(*, name: str, value: str) -> Any:
    if name not in _DOCUMENTS or not value:
        return value
    document = json.loads(value)
    if name == "RedrivePolicy":
        # Some servers give the number back as text.
        document["maxReceiveCount"] = int(document["maxReceiveCount"])
    return document


if __name__ == "__main__":
    provision(endpoint_url=sys.argv[1])
