"""A figure is a line that CloudWatch reads; that it cannot be written undoes nothing."""

import errno
import io
import json
import sys

import pytest

from apps.core.services import record_metric
from apps.core.types import Metric


class TestRecordMetric:
    def test_writes_a_line_that_cloudwatch_reads(self, capsys: pytest.CaptureFixture[str]) -> None:
        record_metric(Metric.BROKEN_INVARIANTS, value=3, kind="stock")

        line = json.loads(capsys.readouterr().out)
        assert line["BrokenInvariants"] == [3]
        assert line["kind"] == "stock"
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Shop"
        assert directive["Metrics"] == [{"Name": "BrokenInvariants", "Unit": "Count"}]
        assert directive["Dimensions"] == [["stage", "kind"]]


class _Broken(io.StringIO):
    """A stream whose reader has gone, or whose disk is full."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, _: str) -> int:
        raise self.error


class TestAFigureThatCannotBeWritten:
    @pytest.mark.parametrize(
        "error",
        [BrokenPipeError(), OSError(errno.ENOSPC, "No space left on device"), ValueError("closed")],
    )
    def test_does_not_undo_what_it_tells_of(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        monkeypatch.setattr(sys, "stdout", _Broken(error))
        monkeypatch.setattr(sys, "stderr", _Broken(error))

        record_metric(Metric.ORDERS_ACCEPTED)
