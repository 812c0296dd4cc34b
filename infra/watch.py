"""Watches a release: `python -m infra.watch STAGE [--minutes 12]` ends with 3 when it is to be taken back.

`make watch` then rolls back. What judges is the alarm of alarms `shop-<stage>-release-unhealthy`
(infra/templates/observability.yaml), and the smoke test, which is asked again and again: a stage without
shoppers would otherwise be well whatever it does.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import requests
from botocore.exceptions import BotoCoreError, ClientError

from infra.release import smoke, steps
from infra.release.errors import ReleaseFailed
from infra.release.releasing import Release, shop_of, static_of
from infra.stacks import STAGES, read_stage

UNHEALTHY = 3
# The window of the slowest alarm, and what CloudWatch needs to see a minute that is over.
MINUTES = 12
_EVERY_SECONDS = 15
# Answers that fail in a row: of CloudWatch, before nobody may say that the release is well; of the shop,
# before it is not.
_PATIENCE = 4


class Unwatched(Exception):
    """Nobody can say how the release is: the alarm is not there, or CloudWatch does not answer."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Looks at one stage's alarm and asks its shop; `sleep` and `clock` (seconds) are time's own, but in tests."""

    stage: str
    cloudwatch: Any
    # Asks the shop what its users ask. Raises ReleaseFailed.
    ask: Callable[[], object]
    say: Callable[[str], object]
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def keep(self, *, minutes: int) -> bool:
        """Whether the release stayed well for so long. Raises Unwatched.

        An alarm that was on already judges the release before: it counts if it goes on anew, or does not end.
        """
        end = self.clock() + minutes * 60
        was_off, unseen, unanswered = False, 0, 0
        while True:
            state, reason = self._look()
            unseen = 0 if state else unseen + 1
            if unseen == _PATIENCE:
                raise Unwatched(reason)
            is_over = self.clock() >= end and not unseen
            if state == "ALARM" and (was_off or is_over):
                self.say(f"{self._name} is on: {reason}")
                return False
            if is_over:
                self.say(f"well for {minutes} minutes")
                return True
            was_off = was_off or state not in {"", "ALARM"}
            unanswered = 0 if self._answers() else unanswered + 1
            if unanswered == _PATIENCE:
                return False
            self.sleep(_EVERY_SECONDS)

    def _answers(self) -> bool:
        try:
            self.ask()
        except (ReleaseFailed, requests.RequestException, ValueError) as error:
            self.say(f"the shop does not answer as it should: {error}")
            return False
        return True

    @property
    def _name(self) -> str:
        return f"shop-{self.stage}-release-unhealthy"

    def _look(self) -> tuple[str, str]:
        """The alarm's state and why it has it; no state when CloudWatch does not answer. Raises Unwatched."""
        try:
            answer = self.cloudwatch.describe_alarms(
                AlarmNames=[self._name], AlarmTypes=["CompositeAlarm"]
            )
        except (BotoCoreError, ClientError) as error:
            self.say(f"CloudWatch does not answer: {error}")
            return "", str(error)
        if not answer["CompositeAlarms"]:
            msg = f"there is no alarm {self._name}"
            raise Unwatched(msg)
        (found,) = answer["CompositeAlarms"]
        return str(found["StateValue"]), str(found.get("StateReason", ""))


def main(arguments: Sequence[str]) -> int:
    """0: well; 3: to be taken back; 1: nobody can say."""
    parser = argparse.ArgumentParser(prog="make watch")
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--minutes", type=int, default=MINUTES)
    options = parser.parse_args(arguments)
    release = Release(stage=read_stage(options.stage))
    list(steps.look(release))
    shop, has_static = shop_of(release), static_of(release)
    watch = Watch(
        stage=options.stage,
        cloudwatch=boto3.client("cloudwatch", region_name=release.region),
        ask=lambda: list(smoke.check(shop, has_static=has_static)),
        say=lambda text: sys.stdout.write(f"{text}\n"),
    )
    try:
        return 0 if watch.keep(minutes=options.minutes) else UNHEALTHY
    except Unwatched as error:
        sys.stderr.write(f"Not watched: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
