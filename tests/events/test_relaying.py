"""What was announced reaches each target, once, whatever happens to the others."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.catalog.models import Brand
from apps.events import gateways, rules
from apps.events.models import Delivery, OutboxMessage
from apps.events.services import publish, relay, relaying, subscribe, subscribing
from tests.events.things import ThingDone, ThingNoted
from tests.races import race

pytestmark = pytest.mark.django_db


class Topic:
    """Takes events as SNS does, or refuses them as a test says."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.refuses: Callable[[OutboxMessage], str] = lambda _: ""
        self.is_down = False

    def publish(self, messages: list[OutboxMessage]) -> dict[str, str]:
        assert len(messages) <= gateways.SNS_BATCH
        if self.is_down:
            raise ConnectionError("no route to SNS")
        refused = {str(one.id): why for one in messages if (why := self.refuses(one))}
        self.heard += [one.subject for one in messages if str(one.id) not in refused]
        return refused


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    fake = Topic()
    monkeypatch.setattr(gateways, "publish_to_topic", fake.publish)
    return fake


@pytest.fixture(autouse=True)
def _no_subscriptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribing, "_subscriptions", {})


@pytest.fixture
def seen() -> list[str]:
    """The things that the handler `see` was called with."""
    things: list[str] = []

    @subscribe(ThingDone)
    def see(event: ThingDone) -> None:
        things.append(event.thing_id)

    return things


def delivery(target: str) -> Delivery:
    return Delivery.objects.get(target=target)


def wait_until_due() -> None:
    """Let time pass for what is waiting."""
    Delivery.objects.filter(delivered_at=None).update(due_at=timezone.now())


class TestRelay:
    def test_brings_an_event_to_every_target_once(self, topic: Topic, seen: list[str]) -> None:
        others: list[int] = []

        @subscribe(ThingDone, remote=True)
        def weigh(event: ThingDone) -> None:
            others.append(event.size)

        publish(ThingDone(thing_id="1", size=3))

        assert relay() == 3
        assert relay() == 0
        assert (seen, others, topic.heard) == (["1"], [3], ["1"])
        assert set(Delivery.objects.values_list("target", "attempts")) == {
            ("events.see", 1),
            ("events.weigh", 1),
            ("sns", 1),
        }

    def test_tells_the_topic_nothing_that_has_no_audience(self, topic: Topic) -> None:
        publish(ThingNoted(thing_id="1"))

        assert relay() == 0
        assert topic.heard == []
        assert OutboxMessage.objects.get().fanned_out_at is not None

    def test_brings_what_handlers_announce_meanwhile(self, topic: Topic, seen: list[str]) -> None:
        @subscribe(ThingNoted)
        def do(event: ThingNoted) -> None:
            publish(ThingDone(thing_id=event.thing_id))

        publish(ThingNoted(thing_id="1"))

        assert relay() == 3
        assert (seen, topic.heard) == (["1"], ["1"])

    def test_publishes_many_in_batches_that_sns_takes(self, topic: Topic) -> None:
        for number in range(25):
            publish(ThingDone(thing_id=str(number)))

        assert relay() == 25
        assert sorted(topic.heard, key=int) == [str(number) for number in range(25)]


class TestAFailingHandler:
    def test_delays_no_other(self, topic: Topic, seen: list[str]) -> None:
        @subscribe(ThingDone)
        def fail(event: ThingDone) -> None:
            raise ValueError("not today")

        publish(ThingDone(thing_id="1"))

        assert relay() == 2
        assert (seen, topic.heard) == (["1"], ["1"])
        failed = delivery("events.fail")
        assert failed.delivered_at is None
        assert failed.last_error == "ValueError('not today')"

    def test_leaves_none_of_its_changes_and_is_retried_until_it_works(self, topic: Topic) -> None:
        is_broken = [True]

        @subscribe(ThingDone)
        def name_brand(event: ThingDone) -> None:
            Brand.objects.create(name=event.thing_id, slug=event.thing_id)
            if is_broken[0]:
                raise ValueError

        publish(ThingDone(thing_id="alder"))
        for _ in range(2):
            relay()
            wait_until_due()
            assert not Brand.objects.exists()
        is_broken[0] = False
        relay()
        relay()

        assert Brand.objects.count() == 1
        done = delivery("events.name_brand")
        assert (done.attempts, done.last_error) == (3, "")

    def test_waits_longer_each_time(self, topic: Topic) -> None:
        @subscribe(ThingDone)
        def fail(event: ThingDone) -> None:
            raise ValueError

        publish(ThingDone(thing_id="1"))
        waits = []
        for _ in range(4):
            relay()
            waits.append(round((delivery("events.fail").due_at - timezone.now()).total_seconds()))
            assert relay() == 0
            wait_until_due()

        assert waits == [2, 4, 8, 16]

    def test_that_the_code_forgot_is_kept_for_a_person(self, topic: Topic, seen: list[str]) -> None:
        publish(ThingDone(thing_id="1"))
        relaying._fan_out()
        subscribing._subscriptions.clear()

        relay()

        assert "no handler is registered as events.see" in delivery("events.see").last_error


class TestADeadTopic:
    def test_keeps_no_handler_waiting_and_hears_it_later(
        self, topic: Topic, seen: list[str]
    ) -> None:
        topic.is_down = True
        publish(ThingDone(thing_id="1"))

        assert relay() == 1
        assert seen == ["1"]
        assert "no route to SNS" in delivery("sns").last_error

        topic.is_down = False
        wait_until_due()
        assert relay() == 1
        assert (seen, topic.heard) == (["1"], ["1"])

    def test_that_refuses_one_of_a_batch_takes_the_others(self, topic: Topic) -> None:
        topic.refuses = lambda message: "too large" if message.subject == "2" else ""
        for number in (1, 2, 3):
            publish(ThingDone(thing_id=str(number)))

        assert relay() == 2
        assert sorted(topic.heard) == ["1", "3"]
        stuck = Delivery.objects.get(delivered_at=None)
        assert (stuck.message.subject, stuck.last_error) == ("2", "too large")


class TestACrash:
    def test_between_claim_and_delivery_is_made_good_after_the_lease(
        self, topic: Topic, seen: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(_: object) -> int:
            raise KeyboardInterrupt

        publish(ThingDone(thing_id="1"))
        with monkeypatch.context() as crash:
            crash.setattr(relaying, "_deliver", die)
            with pytest.raises(KeyboardInterrupt):
                relay()

        assert relay() == 0
        assert (seen, topic.heard) == ([], [])
        left = delivery("events.see").due_at - timezone.now()
        assert timedelta(seconds=50) < left <= rules.LEASE

        wait_until_due()
        assert relay() == 2
        assert (seen, topic.heard) == (["1"], ["1"])


@pytest.mark.django_db(transaction=True)
class TestRelaysAtTheSameMoment:
    def test_deliver_each_event_once(
        self, topic: Topic, seen: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.events.services.publishing.send_wake", lambda: None)
        with transaction.atomic():
            for number in range(30):
                publish(ThingDone(thing_id=str(number)))

        # Below the lock that lets one relay per process run, as the relays of four processes would.
        made = race(lambda _: relaying._relay_all(), runners=4)

        assert sum(made) == 60
        assert sorted(seen, key=int) == [str(number) for number in range(30)]
        assert sorted(topic.heard, key=int) == [str(number) for number in range(30)]


class TestRetryDelay:
    @pytest.mark.parametrize(
        ("attempts", "seconds"), [(1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (10_000, 900)]
    )
    def test_doubles_up_to_a_quarter_of_an_hour(self, attempts: int, seconds: int) -> None:
        assert rules.retry_delay(attempts=attempts) == timedelta(seconds=seconds)
