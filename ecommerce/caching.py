"""The cache that functions share, without which the shop goes on: it holds limits and bookmarks only."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class SharedCache(RedisCache):
    """Valkey; while it does not answer, nothing is found in it and everything is new."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return _or(True, super().add, *args, **kwargs)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _or(default, super().get, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        return _or(None, super().set, *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return _or(1, super().incr, *args, **kwargs)


def _or(instead: Answer, ask: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:
    from redis.exceptions import RedisError  # who asks has loaded it

    try:
        return ask(*args, **kwargs)
    except RedisError:
        logger.warning("the shared cache does not answer")
        return instead
