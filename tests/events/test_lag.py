"""What waits too long is on record, target by target."""

from datetime import timedelta

import pytest

from apps.events import tasks
from apps.events.models import OutboxMessage
from apps.events.services import publish, report_lag
from tests.events.things import ThingDone
from tests.factories.events import metrics

pytestmark = pytest.mark.django_db


class TestReportLag:
    def test_puts_the_seconds_of_each_target_on_record(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        event_id = publish(ThingDone(thing_id="1"))
        occurred_at = OutboxMessage.objects.get(pk=event_id).occurred_at

        lag = report_lag(now=occurred_at + timedelta(seconds=90))

        assert lag == {"relay": 90}
        assert metrics(capsys.readouterr().out, "DeliveryLagSeconds") == {"relay": 90}

    def test_says_nothing_when_nothing_waits(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert tasks.report_lag() == {}
        assert metrics(capsys.readouterr().out, "DeliveryLagSeconds") == {}
