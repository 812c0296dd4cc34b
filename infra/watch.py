"""Watches a release: `python -m infra.watch STAGE [--minutes 10]` ends with 3 when it is to be taken back.

`make watch` then rolls back. What judges is the alarm of alarms `shop-<stage>-release-unhealthy`
(infra/templates/observability.yaml).
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.stacks import STAGES, read_stage

UNHEALTHY = 3
_EVERY_SECONDS = 15
# Answers that fail in a row, before nobody may say that the release is well.
_PATIENCE = 4


class Unwatched(Exception):
    """Nobody can say how the release is: the alarm is not there, or CloudWatch does not answer."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Looks at one stage's alarm; `sleep` and `clock` (seconds) are time's own, but in tests."""

    stage: str
    cloudwatch: Any
    say: Callable[[str], object]
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def keep(self, *, minutes: int) -> bool:
        """Whether the release stayed well for so long. Raises Unwatched."""
        end = self.clock() + minutes * 60
        failed = 0
        while True:
            try:
                state, reason = self._look()
                failed = 0
            except (BotoCoreError, ClientError) as error:
                failed += 1
                self.say(f"CloudWatch does not answer: {error}")
                if failed == _PATIENCE:
                    raise Unwatched(str(error)) from error
                state, reason = "", ""
            if state == "ALARM":
                self.say(f"{self._name} is on: {reason}")
                return False
            if self.clock() >= end and not failed:
                self.say(f"well for {minutes} minutes")
                return True
            self.sleep(_EVERY_SECONDS)

    @property
    def _name(self) -> str:
        return f"shop-{self.stage}-release-unhealthy"

    def _look(self) -> tuple[str, str]:
        """The alarm's state and why it has it."""
        answer = self.cloudwatch.describe_alarms(
            AlarmNames=[self._name], AlarmTypes=["CompositeAlarm"]
        )
        if not answer["CompositeAlarms"]:
            msg = f"there is no alarm {self._name}"
            raise Unwatched(msg)
        (found,) = answer["CompositeAlarms"]
        return str(found["StateValue"]), str(found.get("StateReason", ""))


def main(arguments: Sequence[str]) -> int:
    """0: well; 3: to be taken back; 1: nobody can say."""
    parser = argparse.ArgumentParser(prog="make watch")
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--minutes", type=int, default=10)
    options = parser.parse_args(arguments)
    watch = Watch(
        stage=options.stage,
        cloudwatch=boto3.client("cloudwatch", region_name=read_stage(options.stage).region),
        say=lambda text: sys.stdout.write(f"{text}\n"),
    )
    try:
        return 0 if watch.keep(minutes=options.minutes) else UNHEALTHY
    except Unwatched as error:
        sys.stderr.write(f"Not watched: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
