"""AWS, for every app; imported on first use, because boto3 costs a third of a second."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.encoding import filepath_to_uri
from django.utils.functional import LazyObject, empty


@cache
def aws_client(service: str) -> Any:
    """A boto3 client with short time-outs, shared by the threads of this process."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"total_max_attempts": 2},
        max_pool_connections=20,
    )
    return boto3.client(service, config=config)


def record_metric(*, name: str, value: int, **dimensions: str) -> None:
    """Put one figure on record: a line in CloudWatch's embedded metric format, which Lambda's log turns
    into a metric of the namespace Shop.
    """
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

    stage = {"stage": settings.STAGE}
    with single_metric(
        name=name, unit=MetricUnit.Count, value=value, namespace="Shop", default_dimensions=stage
    ) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(name=dimension, value=text)


class MediaStorage(LazyObject):  # type: ignore[type-arg]
    """Files on S3; a file's address is made here, so that showing a picture loads no boto3."""

    def __init__(self, **options: Any) -> None:
        self.__dict__["_options"] = options
        super().__init__()

    def _setup(self) -> None:
        from storages.backends.s3 import S3Storage  # noqa: PLC0415

        self._wrapped = S3Storage(**self.__dict__["_options"])

    def url(self, name: str) -> str:
        """The public address of a file, on the media domain where there is one."""
        options = self.__dict__["_options"]
        if domain := options.get("custom_domain"):
            return f"{options['url_protocol']}//{domain}/{filepath_to_uri(name)}"
        if self._wrapped is empty:
            self._setup()
        return str(self._wrapped.url(name))
