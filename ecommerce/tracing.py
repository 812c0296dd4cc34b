"""Traces by OpenTelemetry: requests, messages, tasks and SQL statements, sent over OTLP.

A message carries its trace in Celery's headers, so that a task is part of the request's. That part is
ours: the library's own leaves a span open for ever where the sender does not know the task's function.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun
from django.conf import settings
from django.core.signals import request_finished
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor
from opentelemetry.propagate import set_global_textmap
from opentelemetry.propagators.aws import AwsXRayPropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ecommerce.redaction import redact

# Seconds: a collector that is away holds up a function of Lambda at the end of each invocation.
_PATIENCE = int(os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT", "1"))
_tracer = trace.get_tracer("shop.tasks")
_messages = TraceContextTextMapPropagator()
_running: dict[str, tuple[Span, Any]] = {}


def begin() -> None:
    """Trace what this process does from now on. How much, OTEL_TRACES_SAMPLER says."""
    named = {
        "service.name": "-".join(filter(None, ("shop", settings.FUNCTION))),
        "deployment.environment": settings.STAGE,
    }
    # Merged over by OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
    provider = TracerProvider(resource=Resource(named).merge(Resource.create()))
    provider.add_span_processor(
        BatchSpanProcessor(DiscreetExporter(OTLPSpanExporter(timeout=_PATIENCE)))
    )
    trace.set_tracer_provider(provider)
    # The last that finds a trace decides: the caller's own, then what API Gateway says.
    set_global_textmap(CompositePropagator([TraceContextTextMapPropagator(), AwsXRayPropagator()]))
    DjangoInstrumentor().instrument()
    Psycopg2Instrumentor().instrument(skip_dep_check=True)
    before_task_publish.connect(_send_along, weak=False)
    task_prerun.connect(_begin_task, weak=False)
    task_failure.connect(_note_failure, weak=False)
    task_postrun.connect(_end_task, weak=False)
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        _flush_before_lambda_freezes(provider)


def _send_along(sender: str = "", headers: dict[str, Any] | None = None, **_: Any) -> None:
    with _tracer.start_as_current_span(f"send {sender}", kind=SpanKind.PRODUCER):
        if headers is not None:
            _messages.inject(headers)


def _begin_task(sender: Any = None, task_id: str = "", **_: Any) -> None:
    sent = {"traceparent": str(getattr(sender.request, "traceparent", None) or "")}
    span = _tracer.start_span(
        f"run {sender.name}",
        context=_messages.extract(sent),
        kind=SpanKind.CONSUMER,
        attributes={"messaging.message.id": task_id},
    )
    _running[task_id] = span, context.attach(trace.set_span_in_context(span))


def _note_failure(task_id: str = "", exception: Exception | None = None, **_: Any) -> None:
    if task_id in _running and exception is not None:
        span, _token = _running[task_id]
        span.record_exception(exception)
        span.set_status(StatusCode.ERROR)


def _end_task(task_id: str = "", **_: Any) -> None:
    if task_id in _running:
        span, token = _running.pop(task_id)
        context.detach(token)
        span.end()


def current_trace() -> str:
    """The trace at hand in X-Ray's form, which log lines have; empty outside any."""
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return ""
    digits = trace.format_trace_id(found.trace_id)
    return f"1-{digits[:8]}-{digits[8:]}"


def _flush_before_lambda_freezes(provider: TracerProvider) -> None:
    """Connected last, so that the request's or the task's own span has ended."""

    def flush(**_: Any) -> None:
        provider.force_flush(timeout_millis=_PATIENCE * 1000)

    request_finished.connect(flush, weak=False)
    task_postrun.connect(flush, weak=False)


class DiscreetExporter(SpanExporter):
    """Sends spans without what a log line would not say either: secrets and personal data."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans, masked."""
        return self._exporter.export([_masked(span) for span in spans])

    def shutdown(self) -> None:
        """Send nothing more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits."""
        return self._exporter.force_flush(timeout_millis)


def _masked(span: ReadableSpan) -> ReadableSpan:
    events = [
        Event(one.name, attributes=_without_secrets(one.attributes), timestamp=one.timestamp)
        for one in span.events
    ]
    return ReadableSpan(
        name=redact(span.name), context=span.get_span_context(), parent=span.parent,
        resource=span.resource, attributes=_without_secrets(span.attributes), events=events,
        links=span.links, kind=span.kind, status=Status(span.status.status_code),
        start_time=span.start_time, end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )  # fmt: skip


def _without_secrets(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        name: redact(value) if isinstance(value, str) else value
        for name, value in (attributes or {}).items()
    }
