"""The account and region of a stage, as the environment's credentials open it."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# An invocation that migrates answers after a minute; repeating it would run it twice.
_CONFIG = Config(read_timeout=120, retries={"mode": "standard", "total_max_attempts": 5})
_INVOKING = Config(read_timeout=120, retries={"total_max_attempts": 1})


@cache
def client(service: str, *, region: str) -> Any:
    """A client of a service of AWS."""
    config = _INVOKING if service == "lambda" else _CONFIG
    return boto3.client(service, region_name=region, config=config)
