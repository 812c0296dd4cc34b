"""HTTP from API Gateway to Django over WSGI, with the three corrections that the library leaves to us."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from apig_wsgi import make_lambda_handler
from django.urls import get_resolver

from ecommerce.wsgi import application

Environ = dict[str, Any]


def prepare() -> None:
    """Load what every first request needs, while the function starts."""
    with _absent("requests", "yaml", "uritemplate"):
        get_resolver()._populate()  # noqa: SLF001 - Django has no other word for it


@contextmanager
def _absent(*names: str) -> Iterator[None]:
    """Keep away what REST framework would load wherever it is installed, for its test client and its
    own schemas.
    """
    modules: dict[str, Any] = sys.modules
    kept_away = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(kept_away))
    try:
        yield
    finally:
        for name in kept_away:
            del modules[name]


def answer(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of a REST API, an HTTP API or a function URL."""
    return _answer({**event, **_unmistakable(event)}, context)


def _unmistakable(event: Mapping[str, Any]) -> dict[str, Any]:
    """The headers without those that WSGI takes for others: X_Forwarded_For for X-Forwarded-For."""
    return {
        part: {name: value for name, value in event[part].items() if "_" not in name}
        for part in ("headers", "multiValueHeaders")
        if event.get(part)
    }


def _application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    context = environ["apig_wsgi.request_context"]
    path = environ["apig_wsgi.full_event"].get("path")
    environ["REMOTE_ADDR"] = _source_of(context)
    environ["SCRIPT_NAME"] = _prefix_of(context, path=path)
    if path and not path.isascii():
        environ["PATH_INFO"] = _as_wsgi(path)
    return application(environ, start_response)


def _source_of(context: Mapping[str, Any]) -> str:
    """Who connected to API Gateway, by its own word; the library believes the first X-Forwarded-For."""
    source = context["http"] if "http" in context else context["identity"]
    return str(source.get("sourceIp") or "")


def _prefix_of(context: Mapping[str, Any], *, path: str | None) -> str:
    """The stage, where it is part of the public address: `/dev` of `/dev/cart/`; empty on a domain."""
    public = str(context.get("path") or "")
    if not path or public == path:
        return ""
    return public.removesuffix(path).rstrip("/") if public.endswith(path) else public.rstrip("/")


def _as_wsgi(path: str) -> str:
    """A path that arrived decoded as WSGI carries it: its bytes, each as the letter of that number."""
    return path.encode().decode("latin-1")


_answer = make_lambda_handler(_application, binary_support=True)
