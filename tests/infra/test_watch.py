"""A release is watched by the real alarm of alarms, and taken back while it is on."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from requests import Timeout

from infra.release.errors import ReleaseFailed
from infra.stacks import STACKS, template_of
from infra.watch import MINUTES, UNHEALTHY, Unwatched, Watch, main
from tests.architecture.source import ROOT
from tests.infra.rules import as_list, statements
from tests.infra.test_pipeline import STAGES, workflow

pytestmark = pytest.mark.usefixtures("emulator")

NAME = "shop-dev-release-unhealthy"
CHILD = "shop-dev-web-errors"


@pytest.fixture
def cloudwatch() -> Iterator[Any]:
    """CloudWatch on the emulator, with an alarm and the alarm of alarms above it."""
    client = boto3.client("cloudwatch", region_name="eu-west-1")
    client.put_metric_alarm(
        AlarmName=CHILD, Namespace="AWS/Lambda", MetricName="Errors", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=3, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    client.put_composite_alarm(AlarmName=NAME, AlarmRule=f'ALARM("{CHILD}")')
    yield client
    client.delete_alarms(AlarmNames=[NAME])
    client.delete_alarms(AlarmNames=[CHILD])


def ring(cloudwatch: Any) -> None:
    cloudwatch.set_alarm_state(AlarmName=CHILD, StateValue="ALARM", StateReason="5 errors")


class Clock:
    """Time that passes by sleeping only; `then` is called after so many sleeps."""

    def __init__(self, *, after: int = -1, then: Any = None) -> None:
        self.now, self.sleeps, self.after, self.then = 0.0, 0, after, then

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps += 1
        if self.sleeps == self.after:
            self.then()


def watching(
    cloudwatch: Any, clock: Clock, *, ask: Callable[[], object] = lambda: None
) -> tuple[Watch, list[str]]:
    said: list[str] = []
    return Watch(
        stage="dev", cloudwatch=cloudwatch, ask=ask, say=said.append, sleep=clock.sleep, clock=clock
    ), said


def states(*found: str) -> Mock:
    """A CloudWatch whose alarm has these states, look by look, and then keeps the last."""
    left = list(found)
    cloudwatch = Mock()
    cloudwatch.describe_alarms.side_effect = lambda **_: {
        "CompositeAlarms": [{"StateValue": left.pop(0) if len(left) > 1 else left[0]}]
    }
    return cloudwatch


class TestWatch:
    def test_is_kept_for_as_long_as_it_was_asked(self, cloudwatch: Any) -> None:
        clock = Clock()
        watch, said = watching(cloudwatch, clock)

        assert watch.keep(minutes=10) is True
        assert clock.now == 600
        assert said == ["well for 10 minutes"]

    def test_ends_as_soon_as_the_alarm_is_on(self, cloudwatch: Any) -> None:
        clock = Clock(after=3, then=lambda: ring(cloudwatch))
        watch, said = watching(cloudwatch, clock)

        assert watch.keep(minutes=10) is False
        assert clock.sleeps == 3
        assert said[-1].startswith(f"{NAME} is on: ")

    def test_looks_once_more_at_the_very_end(self, cloudwatch: Any) -> None:
        ring(cloudwatch)
        watch, _ = watching(cloudwatch, Clock())

        assert watch.keep(minutes=0) is False

    def test_does_not_take_back_what_mends_an_ill_shop(self) -> None:
        clock = Clock()
        watch, said = watching(states("ALARM", "ALARM", "ALARM", "OK"), clock)

        assert watch.keep(minutes=12) is True
        assert clock.now == 12 * 60
        assert said == ["well for 12 minutes"]

    def test_takes_back_what_was_ill_and_stays_ill(self) -> None:
        clock = Clock()
        watch, said = watching(states("ALARM"), clock)

        assert watch.keep(minutes=12) is False
        assert clock.now == 12 * 60
        assert said[-1].startswith(f"{NAME} is on: ")

    @pytest.mark.parametrize("off", ["OK", "INSUFFICIENT_DATA"])
    def test_takes_back_what_is_ill_anew(self, off: str) -> None:
        clock = Clock()
        watch, _ = watching(states("ALARM", off, "ALARM", off), clock)

        assert watch.keep(minutes=12) is False
        assert clock.sleeps == 2

    def test_asks_the_shop_at_each_look(self) -> None:
        asked = Mock()
        watch, _ = watching(states("OK"), Clock(), ask=asked)

        assert watch.keep(minutes=12) is True
        assert asked.call_count == 12 * 60 / 15

    @pytest.mark.parametrize("failure", [ReleaseFailed("500"), Timeout("gone")], ids=str)
    def test_takes_back_what_fails_four_times_in_a_row(self, failure: Exception) -> None:
        asked = Mock(side_effect=[failure, failure, failure, None, *[failure] * 4])
        clock = Clock()
        watch, said = watching(states("OK"), clock, ask=asked)

        assert watch.keep(minutes=12) is False
        assert asked.call_count == 8
        assert said[-1] == f"the shop does not answer as it should: {failure}"

    def test_without_an_alarm_says_that_nobody_watches(self) -> None:
        watch, _ = watching(boto3.client("cloudwatch", region_name="eu-west-1"), Clock())

        with pytest.raises(Unwatched, match="there is no alarm shop-dev-release-unhealthy"):
            watch.keep(minutes=1)

    def test_bears_an_answer_that_fails_but_not_four(self) -> None:
        lost = EndpointConnectionError(endpoint_url="x")
        well = {"CompositeAlarms": [{"StateValue": "OK"}]}
        once = Mock()
        once.describe_alarms.side_effect = [lost, lost, lost, well]
        watch, said = watching(once, Clock())
        assert watch.keep(minutes=0) is True
        assert len(said) == 4

        never = Mock()
        never.describe_alarms.side_effect = lost
        watch, _ = watching(never, Clock())
        with pytest.raises(Unwatched):
            watch.keep(minutes=10)
        assert never.describe_alarms.call_count == 4

    @pytest.mark.usefixtures("cloudwatch")
    def test_by_command_tells_by_its_end(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["dev", "--minutes", "0"]) == 0
        assert main(["staging", "--minutes", "0"]) == 1
        assert "there is no alarm shop-staging-release-unhealthy" in capsys.readouterr().err

    def test_by_command_tells_that_a_release_is_to_be_taken_back(self, cloudwatch: Any) -> None:
        ring(cloudwatch)

        assert main(["dev", "--minutes", "0"]) == UNHEALTHY


def make_watch(stage: str) -> subprocess.CompletedProcess[str]:
    """`make watch`, where what would be rolled back is only said."""
    command = ["make", "watch", f"STAGE={stage}", "MINUTES=0", "MAKE=echo make"]
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("MAKE")}
    return subprocess.run(
        command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False, timeout=120
    )


class TestMakeWatch:
    def test_rolls_back_and_fails_when_the_alarm_is_on(self, cloudwatch: Any) -> None:
        ring(cloudwatch)

        done = make_watch("dev")

        assert done.returncode != 0
        assert done.stdout.splitlines()[-1] == "make rollback STAGE=dev"

    @pytest.mark.usefixtures("cloudwatch")
    def test_leaves_a_release_alone_that_is_well(self) -> None:
        done = make_watch("dev")

        assert (done.returncode, "rollback" in done.stdout) == (0, False)

    def test_fails_without_rolling_back_when_nobody_can_say(self) -> None:
        done = make_watch("production")

        assert done.returncode != 0
        assert "rollback" not in done.stdout


def test_the_alarm_that_is_watched_is_the_templates() -> None:
    (template,) = (template_of(stack) for stack in STACKS if stack.name == "observability")
    found = template["Resources"]["ReleaseUnhealthy"]["Properties"]["AlarmName"]

    assert found == {"Fn::Sub": "shop-${Stage}-release-unhealthy"}


def minutes_to_notice() -> float:
    """How far back the slowest alarm looks that judges a release, and how long CloudWatch needs besides."""
    (template,) = (template_of(stack) for stack in STACKS if stack.name == "observability")
    found = template["Resources"]
    rule = found["ReleaseUnhealthy"]["Properties"]["AlarmRule"]["Fn::Sub"]
    judges = [found[name]["Properties"] for name in re.findall(r'ALARM\("\$\{(\w+)\}"\)', rule)]
    assert judges
    return max(one["EvaluationPeriods"] * period_of(one) for one in judges) / 60 + 2


def period_of(alarm: dict[str, Any]) -> int:
    """Seconds; of an alarm on several figures the longest."""
    figures = [one["MetricStat"] for one in alarm.get("Metrics", []) if "MetricStat" in one]
    return max(one["Period"] for one in figures or [alarm])


def test_a_release_is_watched_for_as_long_as_its_alarms_need() -> None:
    watched = [workflow("release")["jobs"][stage]["with"]["minutes"] for stage in STAGES]
    makefile = (ROOT / "Makefile").read_text()

    assert min(watched) >= minutes_to_notice()
    assert (
        minutes_to_notice()
        <= MINUTES
        == int(re.findall(r"^MINUTES \?= (\d+)", makefile, re.MULTILINE)[0])
    )


def test_a_release_may_see_the_alarm_that_judges_it() -> None:
    """Alarms of alarms are told only to whoever may ask for every alarm."""
    (pipeline,) = (template_of(stack) for stack in STACKS if stack.name == "pipeline")
    allowed = [
        one["Resource"]
        for _, one in statements(pipeline)
        if "cloudwatch:DescribeAlarms" in as_list(one["Action"])
    ]

    assert allowed == ["*"]
