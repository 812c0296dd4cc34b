"""`manage.py downstream` shows what waits for a system and leaves it there; `replay_events` sends it again."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.core.models import new_id
from apps.core.types import Money
from apps.downstream.models import Replay
from apps.events.services import publish
from apps.payments.events import PaymentRefunded
from tests.events.things import ThingDone, ThingNoted
from tests.queues import Queues
from tests.relays import relay

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> tuple[list[str], str]:
    """What a command writes to standard output and to standard error."""
    out, err = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue().strip()


class TestDownstream:
    def announce(self) -> str:
        event_id = publish(
            PaymentRefunded(
                payment_id="p",
                reference="r",
                gateway="fake",
                amount=Money(395, "GBP"),
                refund_key="k",
            )
        )
        relay()
        return str(event_id)

    def test_shows_what_waits_and_leaves_it_there(self, queues: Queues) -> None:
        event_id = self.announce()

        for _ in range(2):
            (line,), summary = run("downstream", "accounting")
            assert "payments.payment.refunded.v1" in line
            assert line.endswith(event_id)
            assert summary == "1 waiting for accounting"
        assert queues.heard_by("accounting") == ["payments.payment.refunded.v1"]

    def test_shows_whole_messages(self, queues: Queues) -> None:
        event_id = self.announce()

        (line,), _ = run("downstream", "accounting", "--full")

        body = json.loads(line)
        assert body["id"] == event_id
        assert body["data"]["amount"] == {"minor": 395, "currency": "GBP"}

    def test_of_a_system_that_hears_nothing_is_empty(self, queues: Queues) -> None:
        self.announce()

        assert run("downstream", "support") == ([], "0 waiting for support")

    def test_of_a_system_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(CommandError, match="invalid choice"):
            run("downstream", "nobody")


class TestReplayEvents:
    def test_sends_what_is_named(self, queues: Queues) -> None:
        event_id = publish(ThingDone(thing_id="1"))
        publish(ThingDone(thing_id="2"))

        said, _ = run(
            *("replay_events", "accounting", "--event", event_id, "--reason", "lost backup")
        )

        assert said == ["1 on their way to accounting"]
        assert (Replay.objects.get().count, Replay.objects.get().reason) == (1, "lost backup")

    def test_sends_a_range(self, queues: Queues) -> None:
        for number in range(3):
            publish(ThingDone(thing_id=str(number)))

        choice = ("--since", "2020-01-01", "--type", "tests.thing.done.v1")
        assert run("replay_events", "accounting", *choice)[0] == ["3 on their way to accounting"]
        assert run("replay_events", "accounting", "--until", "2020-01-01T00:00")[0] == [
            "0 on their way to accounting"
        ]

    def test_only_says_which_in_a_dry_run(self, queues: Queues) -> None:
        event_id = publish(ThingDone(thing_id="1"))

        (line,), summary = run("replay_events", "accounting", "--since", "2020-01-01", "--dry-run")

        assert line.endswith(f"tests.thing.done.v1                    {event_id}")
        assert summary == "1 would go to accounting"
        assert not Replay.objects.exists()

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["accounting"], "Say which events"),
            (["nobody", "--since", "2020-01-01"], "invalid choice"),
            (["accounting", "--since", "yesterday"], "invalid a_time value"),
            (["accounting", "--event", "5"], "invalid UUID value"),
            (["accounting", "--type", "orders.order.placed.v1"], "accounting does not hear orders"),
        ],
    )
    def test_of_what_it_cannot_mean_is_refused(self, arguments: list[str], said: str) -> None:
        with pytest.raises(CommandError, match=said):
            run("replay_events", *arguments)

    def test_of_what_the_system_never_heard_sends_nothing(self, queues: Queues) -> None:
        heard, unheard = publish(ThingDone(thing_id="1")), publish(ThingNoted(thing_id="1"))

        for missing in (unheard, new_id()):
            with pytest.raises(CommandError, match=f"{missing}. Nothing was sent"):
                run("replay_events", "accounting", "--event", heard, missing)

        assert not Replay.objects.exists()


class TestEvents:
    """What each event says, who reacts to it in the shop and who hears it outside."""

    def entry_of(self, event_type: str) -> list[str]:
        lines, _ = run("events")
        start = next(at for at, line in enumerate(lines) if line.startswith(event_type))
        return lines[start : start + 5]

    def test_shows_who_reacts_and_who_hears(self) -> None:
        assert self.entry_of("orders.order.paid.v1") == [
            "orders.order.paid.v1  (public)",
            "  The money is there: the goods may leave.",
            "  personal fields: address, email",
            "  reacts here:     invoicing.issue_invoice, notifications.tell_confirmed, shipping.plan_shipments",
            "  hears outside:   accounting, crm, fulfilment",
        ]

    def test_shows_what_stays_in_the_shop_and_in_which_lane_it_waits(self) -> None:
        event, _, personal, reacts, hears = self.entry_of("orders.payment.fell_due.v1")

        assert event == "orders.payment.fell_due.v1  (internal)"
        assert personal == "  personal fields: none"
        assert reacts == "  reacts here:     orders.take_payment (lane payments)"
        assert hears == "  hears outside:   none"

    def test_shows_a_system_that_the_settings_add(self, settings: Settings) -> None:
        settings.SHOP = {
            "DOWNSTREAM": {"loyalty": ("orders.order.completed.*", "orders.order.paid.v1")}
        }

        lines, _ = run("events", "--markdown")
        (paid,) = [line for line in lines if line.startswith("| orders.order.paid.v1 ")]
        (completed,) = [line for line in lines if line.startswith("| orders.order.completed.v1 ")]

        assert "| loyalty | address, email |" in paid
        assert "| – |" in completed

    def test_shows_only_what_installed_apps_announce(self) -> None:
        lines, _ = run("events", "--markdown")

        assert not [line for line in lines if ThingDone.type in line]
        assert len(lines) > 30
