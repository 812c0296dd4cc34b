"""Takes the running shop's database away for a while: `make demo-outage`, or `python -m dev.outage 60`."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict

from dev import postgres, processes, stage
from dev.console import Console
from dev.signals import StopRequests
from dev.stage import Failure, RunFile

_DEFAULT_SECONDS = 60


def is_under_way() -> bool:
    """Whether somebody keeps the database down on purpose and will start it again."""
    keeper = stage.read_process(path=stage.OUTAGE_FILE)
    return keeper is not None and processes.is_alive(process=keeper)


def run(*, seconds: int, console: Console, requests: StopRequests) -> None:
    """Stop PostgreSQL as a crash would, wait, and start it again, also when interrupted."""
    shop = _running_shop()
    with _announced():
        console.say(
            f"PostgreSQL is stopped for {seconds} seconds. Place an order meanwhile: "
            f"http://127.0.0.1:{shop.port}/"
        )
        postgres.stop(data=stage.POSTGRES_DATA, immediate=True)
        _wait(seconds=seconds, console=console, requests=requests)
        if not is_under_way():
            console.say("The shop was stopped meanwhile.")
            return
        url = postgres.start(data=stage.POSTGRES_DATA)
        if not is_under_way():
            postgres.stop(data=stage.POSTGRES_DATA)
        elif url != shop.database_url:
            raise Failure("PostgreSQL came back on another port; run `make run` again.")
        else:
            console.say("PostgreSQL is back; the orders placed meanwhile are being worked off.")


def _running_shop() -> RunFile:
    shop = RunFile.read() if stage.is_held() else None
    if shop is None:
        raise Failure("The shop does not run here: start it with `make run`.")
    if "postgres" not in shop.pids:
        raise Failure("The shop uses the database of DATABASE_URL, which is not ours to stop.")
    if is_under_way():
        raise Failure("There is an outage already.")
    return shop


@contextlib.contextmanager
def _announced() -> Iterator[None]:
    """Tell the runner that this is not a dead PostgreSQL; it takes the note away when it stops."""
    own = processes.describe(pid=os.getpid())
    assert own
    stage.write_json(path=stage.OUTAGE_FILE, content=asdict(own))
    try:
        yield
    finally:
        stage.OUTAGE_FILE.unlink(missing_ok=True)


def _wait(*, seconds: int, console: Console, requests: StopRequests) -> None:
    deadline = time.monotonic() + seconds
    announced = seconds
    while (left := deadline - time.monotonic()) > 0 and is_under_way():
        if requests.requested():
            console.say("Interrupted: starting PostgreSQL now ...")
            return
        if left < announced - 10:
            announced -= 10
            console.say(f"{announced} seconds left ...")
        time.sleep(0.1)


def main(*, arguments: list[str]) -> int:
    """Do what the command line asks; the exit status is 2 for one that makes no sense."""
    if len(arguments) > 1 or not all(argument.isdigit() for argument in arguments):
        print("usage: python -m dev.outage [SECONDS]", file=sys.stderr)
        return 2
    requests = StopRequests()
    requests.listen()
    try:
        run(
            seconds=int(arguments[0]) if arguments else _DEFAULT_SECONDS,
            console=Console(),
            requests=requests,
        )
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
