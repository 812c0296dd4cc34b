"""Clients of AWS, made on first use because importing boto3 costs a third of a second."""

from functools import cache
from typing import Any


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
