"""Whether traces are sent: where OTEL_EXPORTER_OTLP_ENDPOINT says to, else nothing of them is loaded."""

import logging
import os
import sys
from functools import cache

logger = logging.getLogger(__name__)


@cache
def begin() -> None:
    """Trace this process from now on, if the stage wants it; once, however often it is asked for.

    That the libraries are missing is logged, and keeps nobody from buying.
    """
    # Where traces go (OTLP over HTTP); without it there are none.
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    try:
        from ecommerce import tracing  # a quarter of a second, of use only here
    except ImportError:
        logger.exception("no traces: the libraries of requirements-otel.txt are not installed")
    else:
        tracing.begin()


def current_trace() -> str:
    """The trace at hand in X-Ray's form, as log lines have it; empty where none is sent."""
    tracing = sys.modules.get("ecommerce.tracing")
    return str(tracing.current_trace()) if tracing else ""
