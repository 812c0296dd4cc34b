"""What was announced reaches each target, once, whatever happens to the others."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Brand
from apps.events import gateways, rules
from apps.events.models import Delivery, OutboxMessage
from apps.events.services import (
    leases,
    publication,
    publish,
    relay,
    relays,
    subscribe,
    subscriptions,
    sweep,
)
from apps.events.services.relay_slots import slots_of
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
    monkeypatch.setattr(subscriptions, "_subscriptions", {})


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
    Delivery.objects.filter(delivered_at=None).update(due_at=timezone.now(), leased_until=None)


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


class TestWhatIsUrgent:
    def test_is_worked_before_news_however_much_of_it_waits(
        self, topic: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(leases, "BATCH", 2)
        topic.is_down = True
        for number in range(5):
            publish(ThingDone(thing_id=f"news-{number}"))
        relay()
        topic.is_down = False
        Delivery.objects.update(due_at=timezone.now())

        @subscribe(ThingNoted)
        def pay(event: ThingNoted) -> None:
            topic.heard.append(event.thing_id)

        for number in range(3):
            publish(ThingNoted(thing_id=f"money-{number}"))
        relay()

        assert topic.heard == [f"money-{n}" for n in range(3)] + [f"news-{n}" for n in range(5)]


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
        leases._fan_out()
        subscriptions._subscriptions.clear()

        relay()

        assert "no handler is registered as events.see" in delivery("events.see").last_error


@pytest.mark.django_db(transaction=True)
class TestOneBadSubject:
    """What PostgreSQL refuses of one subject is that subject's failure, not the database's."""

    @pytest.fixture(autouse=True)
    def _no_wakes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(publication, "send_wake", lambda *_, **__: None)

    def announce_five(self) -> None:
        with transaction.atomic():
            for number in range(5):
                publish(ThingNoted(thing_id=str(number)))

    def put_off(self) -> tuple[str, str, bool]:
        left = Delivery.objects.get(delivered_at=None)
        return left.subject, left.last_error, left.due_at > timezone.now()

    @pytest.mark.parametrize(
        ("statement", "error"),
        [
            ("SET LOCAL statement_timeout = 50; SELECT pg_sleep(5)", "statement timeout"),
            ("DO $$BEGIN RAISE SQLSTATE '40P01'; END$$", "40P01"),
            ("DO $$BEGIN RAISE SQLSTATE '55P03'; END$$", "55P03"),
            ("DO $$BEGIN RAISE SQLSTATE '54000'; END$$", "54000"),
        ],
    )
    def test_is_put_off_and_the_others_are_delivered(
        self, topic: Topic, statement: str, error: str
    ) -> None:
        seen: list[str] = []

        def handle(event: ThingNoted) -> None:
            if event.thing_id == "1":
                with connection.cursor() as cursor:
                    cursor.execute(statement)
            seen.append(event.thing_id)

        subscribe(ThingNoted)(handle)
        self.announce_five()

        assert relay() == 4
        assert sorted(seen) == ["0", "2", "3", "4"]
        subject, last_error, waits = self.put_off()
        assert (subject, waits) == ("1", True)
        assert error in last_error

    def test_that_fails_only_at_its_commit_takes_no_other_event_with_it(self, topic: Topic) -> None:
        seen: list[str] = []

        @subscribe(ThingNoted)
        def handle(event: ThingNoted) -> None:
            if event.note == "bad":
                Permission.objects.create(content_type_id=-1, codename="no such type")
            seen.append(event.note)

        with transaction.atomic():
            for note in ("good", "bad", "good too"):
                publish(ThingNoted(thing_id="1", note=note))
            publish(ThingNoted(thing_id="2", note="other"))

        assert relay() == 3
        assert {"good", "good too", "other"} <= set(seen)
        assert "content_type_id" in self.put_off()[1]

    def test_lets_go_of_the_rest_where_the_connection_ends(self, topic: Topic) -> None:
        def handle(event: ThingNoted) -> None:
            if event.thing_id == "1":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        subscribe(ThingNoted)(handle)
        self.announce_five()

        with pytest.raises(OperationalError):
            relay()

        rest = Delivery.objects.filter(delivered_at=None, due_at__lte=timezone.now(), attempts=0)
        assert sorted(rest.values_list("subject", flat=True)) == ["2", "3", "4"]


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
        def die(*_: object, **__: object) -> int:
            raise KeyboardInterrupt

        publish(ThingDone(thing_id="1"))
        with monkeypatch.context() as crash:
            crash.setattr(relays, "_deliver", die)
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
        monkeypatch.setattr("apps.events.services.publication.send_wake", lambda *_, **__: None)
        with transaction.atomic():
            for number in range(30):
                publish(ThingDone(thing_id=str(number)))

        # Below the slots, as the relays of four processes would.
        made = race(lambda _: relays._relay_all("", time.monotonic())[0], runners=4)

        assert sum(made) == 60
        assert sorted(seen, key=int) == [str(number) for number in range(30)]
        assert sorted(topic.heard, key=int) == [str(number) for number in range(30)]


class TestTheOrderOfASubject:
    """What is about one thing goes one after the other; what is about others does not wait for it."""

    def test_is_kept_for_the_topic_while_an_earlier_event_waits(self, topic: Topic) -> None:
        topic.refuses = lambda message: "throttled" if message.payload["size"] == 1 else ""
        publish(ThingDone(thing_id="a", size=1))
        relay()
        publish(ThingDone(thing_id="a", size=2))
        publish(ThingDone(thing_id="b", size=2))

        assert relay() == 1
        assert topic.heard == ["b"]

        topic.refuses = lambda _: ""
        wait_until_due()
        assert relay() == 2
        assert topic.heard == ["b", "a", "a"]

    def test_is_given_up_for_an_event_that_the_topic_never_takes(self, topic: Topic) -> None:
        topic.refuses = lambda message: "too large" if message.payload["size"] == 1 else ""
        publish(ThingDone(thing_id="a", size=1))
        relay()
        Delivery.objects.update(attempts=leases._PATIENCE)
        publish(ThingDone(thing_id="a", size=2))

        assert relay() == 1
        assert topic.heard == ["a"]

    @pytest.mark.parametrize("is_held", [True, False])
    def test_waits_for_whoever_works_on_the_subject(
        self, topic: Topic, seen: list[str], is_held: bool
    ) -> None:
        publish(ThingDone(thing_id="a"))
        claimed, _ = leases.claim(lane="")
        if not is_held:
            leases.let_go(claimed)
        publish(ThingDone(thing_id="a"))
        publish(ThingDone(thing_id="b"))

        relay()

        assert seen == (["b"] if is_held else ["a", "a", "b"])

    def test_makes_one_transaction_of_a_subjects_handlers(
        self, topic: Topic, seen: list[str], django_capture_on_commit_callbacks: Any
    ) -> None:
        others = []
        subscribe(ThingDone)(_named("also", others.append))
        publish(ThingDone(thing_id="a"))
        publish(ThingDone(thing_id="a"))

        with CaptureQueriesContext(connection) as captured:
            assert relay() == 5 + 1

        marks = [one for one in captured.captured_queries if "SET delivered_at" in one["sql"]]
        assert len(marks) == 2, "one for the handlers, one for the topic"
        assert (seen, len(others)) == (["a", "a"], 2)


def _named(name: str, work: Callable[[Any], object]) -> Callable[[Any], object]:
    def handle(event: Any) -> object:
        return work(event)

    handle.__name__ = name
    return handle


class TestALane:
    """What asks the outside world is worked by relays of its own."""

    def test_is_left_alone_by_the_others_which_wake_it(
        self, topic: Topic, seen: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked, wakes = [], []
        monkeypatch.setattr(publication, "send_wake", lambda lane, hops: wakes.append(lane))
        subscribe(ThingDone, lane="payments")(_named("ask", asked.append))
        publish(ThingDone(thing_id="1"))

        assert relay() == 2
        assert (seen, topic.heard, asked, wakes) == (["1"], ["1"], [], ["payments"])

        assert relay(lane="payments") == 1
        assert len(asked) == 1

    def test_is_woken_by_the_sweep_for_what_is_to_be_tried_again(
        self, topic: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subscribe(ThingNoted, lane="payments")(_named("ask", lambda _: 1 / 0))
        publish(ThingNoted(thing_id="1"))
        relay()
        relay(lane="payments")
        wakes: list[str] = []
        monkeypatch.setattr(publication, "send_wake", lambda lane, hops: wakes.append(lane))

        sweep()
        assert wakes == []
        wait_until_due()
        sweep()

        assert wakes == ["payments"]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(
        ("lane", "longest"),
        [("payments", 0.5), pytest.param("", 99, marks=pytest.mark.control)],
        ids=["a lane", "none"],
    )
    def test_that_waits_for_a_bank_delays_no_news(
        self,
        topic: Topic,
        monkeypatch: pytest.MonkeyPatch,
        lane: str,
        longest: float,
    ) -> None:
        """Six answers of 0.3 s each: without a lane the last unrelated handler waits for all of them."""
        monkeypatch.setattr(publication, "send_wake", lambda *_, **__: None)
        heard_after: list[float] = []
        subscribe(ThingDone, lane=lane, remote=True)(_named("ask", lambda _: time.sleep(0.3)))
        for number in range(6):
            publish_alone(ThingDone(thing_id=str(number)))
        publish_alone(ThingNoted(thing_id="unrelated"))
        began = time.monotonic()
        monkeypatch.setattr(
            topic, "publish", lambda _: heard_after.append(time.monotonic() - began) or {}
        )
        monkeypatch.setattr(gateways, "publish_to_topic", topic.publish)

        bank = Thread(target=relay_elsewhere, kwargs={"lane": lane or "payments"})
        bank.start()
        relay()
        bank.join()

        assert (heard_after[-1] < longest) or lane == ""
        assert (heard_after[-1] > 1.5) or lane == "payments"


def publish_alone(event: Any) -> None:
    with transaction.atomic():
        publish(event)


def relay_elsewhere(**how: Any) -> None:
    relay(**how)
    connection.close()


@pytest.mark.django_db(transaction=True)
class TestALease:
    @pytest.mark.parametrize("renews", [True, pytest.param(False, marks=pytest.mark.control)])
    def test_is_renewed_while_a_batch_takes_long(
        self, topic: Topic, monkeypatch: pytest.MonkeyPatch, renews: bool
    ) -> None:
        """Two relays, a lease of a second, six answers of 0.4 s: each is asked once, if it is renewed."""
        monkeypatch.setattr(publication, "send_wake", lambda *_, **__: None)
        monkeypatch.setattr(rules, "LEASE", timedelta(seconds=1))
        if not renews:
            monkeypatch.setattr(relays, "renew", list)
        asked: list[str] = []

        def ask(event: ThingNoted) -> None:
            asked.append(event.thing_id)
            time.sleep(0.4)

        subscribe(ThingNoted, lane="payments")(ask)
        for number in range(6):
            publish_alone(ThingNoted(thing_id=str(number)))

        both = [Thread(target=relay_again_and_again) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()

        assert (sorted(asked) == ["0", "1", "2", "3", "4", "5"]) is renews

    def test_that_ended_is_not_used(self, topic: Topic, seen: list[str]) -> None:
        publish_alone(ThingDone(thing_id="1"))
        claimed, _ = leases.claim(lane="")
        Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

        assert leases.renew(claimed) == []


def relay_again_and_again() -> None:
    for _ in range(20):
        relay(lane="payments")
        time.sleep(0.15)
    connection.close()


class TestTheEndOfTheTime:
    def test_lets_go_of_the_rest_and_has_another_go_on(
        self, topic: Topic, seen: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wakes: list[str] = []
        monkeypatch.setattr(publication, "send_wake", lambda lane, hops: wakes.append(lane))
        left = [100.0, 100.0, 1.0]
        monkeypatch.setattr(relays, "seconds_left", lambda: left.pop(0) if left else 0.0)
        for number in range(3):
            publish(ThingDone(thing_id=str(number)))
        wakes.clear()

        assert relay() == 1

        assert (seen, wakes) == (["0"], [""])
        rest = Delivery.objects.filter(delivered_at=None)
        assert set(rest.values_list("attempts", "leased_until")) == {(0, None)}
        assert not rest.filter(due_at__gt=timezone.now()).exists()

    def test_ends_a_chain_before_aws_takes_it_for_a_loop(
        self, topic: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hops_told: list[int] = []
        monkeypatch.setattr(publication, "send_wake", lambda lane, hops: hops_told.append(hops))
        monkeypatch.setattr(relays, "_LONGEST_SECONDS", -1)
        for hops in range(10):
            relay(hops=hops)

        assert hops_told == [1, 2, 3, 4, 5, 6, 7, 8]

    def test_is_forty_seconds_where_nothing_ends_the_work(
        self, topic: Topic, seen: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(publication, "send_wake", lambda *_, **__: None)
        monkeypatch.setattr(relays, "_LONGEST_SECONDS", -1)
        publish(ThingDone(thing_id="1"))

        assert (relay(), seen) == (0, [])


class TestAWake:
    def test_is_no_message_while_a_relay_runs_here(
        self, topic: Topic, seen: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wakes: list[str] = []
        monkeypatch.setattr(publication, "send_wake", lambda lane, hops: wakes.append(lane))
        slots = slots_of("")
        assert slots.take()
        try:
            publication.wake()
            assert wakes == []
            assert not slots.leave(at_once=False), "who was asked looks once more"
        finally:
            assert slots.leave(at_once=False)

        publication.wake()
        assert wakes == [""]


class TestATopicThatHangs:
    @pytest.fixture(autouse=True)
    def _hangs(self, topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each batch is waited for in vain; a fifth of a second stands for the client's ten."""
        monkeypatch.setattr(relays, "_LONG_WAIT_SECONDS", 0.1)
        monkeypatch.setattr(relays, "_topic", relays._Topic())
        self.asked = 0

        def hang(_: object) -> dict[str, str]:
            self.asked += 1
            time.sleep(0.2)
            raise TimeoutError

        monkeypatch.setattr(gateways, "publish_to_topic", hang)

    def announce(self) -> None:
        for number in range(2 * gateways.SNS_BATCH):
            publish(ThingDone(thing_id=str(number)))

    def test_is_left_alone_while_handlers_go_on(self, seen: list[str]) -> None:
        subscribe(ThingDone)(_named("see", lambda event: seen.append(event.thing_id)))
        self.announce()
        relay()
        self.announce()
        relay()

        assert self.asked == 1
        assert len(seen) == 4 * gateways.SNS_BATCH

    def test_is_asked_again_when_its_rest_is_over(
        self, topic: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.announce()
        relay()
        monkeypatch.setattr(gateways, "publish_to_topic", topic.publish)
        monkeypatch.setattr(relays, "_topic", relays._Topic())
        Delivery.objects.update(due_at=timezone.now())

        relay()

        assert len(topic.heard) == 2 * gateways.SNS_BATCH

    @pytest.mark.control
    def test_would_keep_handlers_waiting_for_each_batch(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relays._Topic, "rests", lambda _: False)
        self.announce()
        relay()

        assert self.asked == 2


def test_two_handlers_of_one_name_are_a_mistake(seen: list[str]) -> None:
    def see(event: ThingDone) -> None: ...

    see.__module__ = "apps.events.other"
    with pytest.raises(ValueError, match=r"events\.see is subscribed already"):
        subscribe(ThingDone)(see)


class TestRetryDelay:
    @pytest.mark.parametrize(
        ("attempts", "seconds"), [(1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (10_000, 900)]
    )
    def test_doubles_up_to_a_quarter_of_an_hour(self, attempts: int, seconds: int) -> None:
        assert rules.retry_delay(attempts=attempts) == timedelta(seconds=seconds)
