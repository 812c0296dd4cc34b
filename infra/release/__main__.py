"""`python -m infra.release deploy|plan|settings|smoke|manage|rollback|destroy STAGE`; `make` says the same."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.release import code, steps
from infra.release.errors import ReleaseFailed
from infra.release.releasing import Release
from infra.stacks import STAGES, MissingParameter, emulated, read_stage

Step = Callable[[Release], Iterator[str]]
WHAT_TO_DO = {
    "deploy": "Mend the cause and release again: what is done already is not done twice.",
    "destroy": "Mend the cause and destroy again: what is gone already is not missed.",
}

LOOK = ("what there is", steps.look)
COMMANDS: dict[str, Sequence[tuple[str, Step]]] = {
    "deploy": steps.STEPS_OF_DEPLOYMENT,
    "plan": (("values", steps.check_values), ("plan", steps.plan)),
    "manage": (("manage", code.manage),),
    "settings": (LOOK, ("settings", steps.write_settings)),
    "smoke": (LOOK, ("smoke test", steps.check_shop)),
    "rollback": (LOOK, ("roll back", code.roll_back), ("smoke test", steps.check_shop)),
    "destroy": (LOOK, ("destroy", steps.destroy)),
}
_EXPECTED = (ReleaseFailed, MissingParameter, ClientError, BotoCoreError, KeyError)


def main(arguments: Sequence[str]) -> int:
    """Do the steps of a command, each with its time; the first failure ends it with what to do."""
    options = _parser().parse_args(arguments)
    command = "plan" if options.dry_run and options.command == "deploy" else options.command
    stage = read_stage(options.stage)
    release = Release(
        stage=emulated(stage) if options.emulated else stage,
        outputs=dict(one.split("=", 1) for one in options.output),
        only_code=options.only_code,
        may_lose=frozenset(options.lose),
        management_command=options.command_text,
    )
    if options.package:
        release.package = options.package.absolute()
    if command == "destroy" and options.confirm != options.stage:
        print(f"This deletes {options.stage} and all its data: add --confirm {options.stage}")
        return 2
    return _do(command, COMMANDS[command], release=release)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.release")
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--dry-run", action="store_true", help="with deploy: the same as `plan`")
    parser.add_argument("--package", type=Path, help="a package that was made already")
    parser.add_argument(
        "--only-code",
        action="store_true",
        help="change only the stacks that repeat what the code declares, as a pipeline may",
    )
    parser.add_argument("--emulated", action="store_true", help="what a laptop's emulator can have")
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what a stack that the stage leaves out would have told",
    )
    parser.add_argument(
        "--lose",
        action="append",
        default=[],
        metavar="RESOURCE",
        help="an irreplaceable resource that may be replaced or removed",
    )
    parser.add_argument(
        "--run", dest="command_text", default="check", help="with manage: the command of manage.py"
    )
    parser.add_argument("--confirm", default="", help="the stage once more, to destroy it")
    return parser


def _do(command: str, what: Sequence[tuple[str, Step]], *, release: Release) -> int:
    began = time.monotonic()
    for name, step in what:
        print(f"{name} ...", flush=True)
        step_began = time.monotonic()
        try:
            for line in step(release):
                print(f"    {line}", flush=True)
        except _EXPECTED as error:
            print(f"\n{name} failed: {error}", flush=True)
            _take_back(release)
            print(WHAT_TO_DO.get(command, ""), flush=True)
            return 1
        print(f"  done in {time.monotonic() - step_began:.1f} s", flush=True)
    print(f"{command} of {release.stage.name}: {time.monotonic() - began:.1f} s")
    return 0


def _take_back(release: Release) -> None:
    """Whatever fails after functions went live: their callers reach again what they reached before."""
    try:
        for line in code.lead_back(release, release.moved):
            print(f"    {line}", flush=True)
    except _EXPECTED as error:
        print(f"    NOT taken back: {error}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
