"""The whole shop on this laptop: `make run`. Stops when asked to, or when a part of it dies."""

import contextlib
import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping

from dev import emulator, outage, ports, postgres, processes, programs, stage
from dev.children import Child, Program, end_all
from dev.console import Console
from dev.signals import StopRequests
from dev.stage import Failure, RunFile
from examples import accounts

_GRACE = 10
_STEP_SECONDS = 600
_HEALTH_SECONDS = 60
_TICK = 0.1


class Stopped(Exception):
    """Somebody asked us to stop."""


class Runner:
    """Starts the parts of a stage in order, watches them, and ends them in the opposite order."""

    def __init__(self, *, port: int, console: Console, requests: StopRequests) -> None:
        self._console = console
        self._requests = requests
        self._web = hold_port(port=port)
        self._bank = ports.hold(preferred=port + 1, any_other=True)
        self._run = RunFile(
            database_url="",
            aws_endpoint_url="",
            port=port,
            stripe_port=self._bank.getsockname()[1],
        )
        self._children: list[Child] = []
        self._owns_database = not os.environ.get("DATABASE_URL")

    def run(self) -> None:
        """Serve until asked to stop; raises Failure if a part dies or does not start."""
        if not self._owns_database:
            check_database(url=os.environ["DATABASE_URL"])
        with contextlib.ExitStack() as at_the_end:
            at_the_end.callback(self._web.close)
            at_the_end.callback(self._bank.close)
            try:
                self._start_servers(at_the_end=at_the_end)
                self._prepare()
                self._serve()
                self._watch()
            except Stopped:
                self._console.say("Stopping; Ctrl-C once more to hurry ...")
            except Failure as failure:
                self._console.say(f"{str(failure).splitlines()[0]} Stopping everything else ...")
                raise

    def _start_servers(self, *, at_the_end: contextlib.ExitStack) -> None:
        at_the_end.callback(stage.RUN_FILE.unlink, missing_ok=True)
        if not emulator.is_installed():
            self._console.say("Installing the AWS emulator ...")
            self._complete(programs=[programs.installer()], environment=os.environ)
        self._go_on()
        running = emulator.start(state=stage.EMULATOR_STATE)
        at_the_end.callback(emulator.stop, emulator=running)
        self._run.aws_endpoint_url = running.url
        self._run.pids["emulator"] = running.process
        self._go_on()
        self._run.database_url = self._database(at_the_end=at_the_end)
        at_the_end.callback(self._end_children)
        at_the_end.callback(stage.OUTAGE_FILE.unlink, missing_ok=True)
        self._write_down()

    def _database(self, *, at_the_end: contextlib.ExitStack) -> str:
        if not self._owns_database:
            return os.environ["DATABASE_URL"]
        at_the_end.callback(postgres.stop, data=stage.POSTGRES_DATA)
        url = postgres.start(data=stage.POSTGRES_DATA)
        self._note_database()
        return url

    def _note_database(self) -> None:
        if server := postgres.server(data=stage.POSTGRES_DATA):
            self._run.pids["postgres"] = server

    def _write_down(self) -> None:
        """So that other commands find the stage, and the next start what we may leave behind."""
        if own := processes.describe(pid=os.getpid()):
            self._run.pids["runner"] = own
        self._run.pids |= {child.name: child.process for child in self._children}
        self._run.write()

    def _prepare(self) -> None:
        environment = programs.environment(run=self._run)
        steps = programs.preparing(run=self._run)
        self._complete(programs=steps, environment=environment)
        if any(step.name == "collectstatic" for step in steps):
            programs.note_static()
        self._complete(programs=programs.loading(), environment=environment)

    def _complete(self, *, programs: list[Program], environment: Mapping[str, str]) -> None:
        """Run the steps side by side, each to a good end."""
        for program in programs:
            self._start(program=program, environment=environment)
        deadline = time.monotonic() + _STEP_SECONDS
        while self._children:
            self._go_on()
            for child in [one for one in self._children if one.exit_code() is not None]:
                if child.exit_code() != 0:
                    raise Failure(child.obituary())
                child.forget()
                self._children.remove(child)
                self._run.pids.pop(child.name, None)
            if time.monotonic() > deadline:
                slow = ", ".join(child.name for child in self._children)
                raise Failure(f"{slow}: not done after {_STEP_SECONDS} seconds.")
            time.sleep(0.03)

    def _start(self, *, program: Program, environment: Mapping[str, str]) -> None:
        child = Child(program=program, environment=environment, console=self._console)
        self._children.append(child)
        if self._run.database_url:
            self._write_down()

    def _serve(self) -> None:
        (stage.VAR / "beat").mkdir(exist_ok=True)
        environment = programs.environment(run=self._run)
        sockets = {"web": self._web.fileno(), "stripe": self._bank.fileno()}
        for program in programs.serving(run=self._run, sockets=sockets):
            self._start(program=program, environment=environment)
        deadline = time.monotonic() + _HEALTH_SECONDS
        while not is_healthy(port=self._run.port):
            self._go_on()
            self._check_children()
            if time.monotonic() > deadline:
                raise Failure(
                    f"The web server does not answer /healthz within {_HEALTH_SECONDS} seconds; "
                    f"see {stage.LOGS / 'web.log'}."
                )
            time.sleep(_TICK)
        self._console.say(welcome(port=self._run.port))

    def _watch(self) -> None:
        while True:
            for look in (self._check_children, self._check_emulator, self._check_database):
                self._go_on()
                look()
                time.sleep(_TICK)

    def _go_on(self) -> None:
        if self._requests.requested():
            raise Stopped

    def _check_children(self) -> None:
        for child in self._children:
            if child.exit_code() is not None:
                raise Failure(child.obituary())
            if child.unread_because:
                raise Failure(f"Nobody reads what {child.name} says: {child.unread_because}.")

    def _check_emulator(self) -> None:
        if not processes.is_alive(process=self._run.pids["emulator"]):
            words = emulator.last_words(state=stage.EMULATOR_STATE)
            raise Failure("\n".join(["The AWS emulator has ended.", "Its last lines:", *words]))

    def _check_database(self) -> None:
        if not self._owns_database or postgres.is_running(data=stage.POSTGRES_DATA):
            return
        if outage.is_under_way():
            return
        if stage.OUTAGE_FILE.exists():
            self._console.say("The outage was killed; starting PostgreSQL in its place ...")
            stage.OUTAGE_FILE.unlink(missing_ok=True)
            postgres.start(data=stage.POSTGRES_DATA)
            self._note_database()
            self._write_down()
            return
        words = postgres.last_words(data=stage.POSTGRES_DATA)
        raise Failure("\n".join(["PostgreSQL has ended.", "Its last lines:", *words]))

    def _end_children(self) -> None:
        end_all(children=self._children, grace=_GRACE, hurry=self._requests.is_hurried)


def end_orphans(*, console: Console) -> None:
    """End what an earlier run of this checkout left behind when it could not tidy up."""
    if (left := RunFile.read()) is None:
        return
    alive = {name: one for name, one in left.pids.items() if processes.family(leader=one)}
    if alive:
        console.say(f"Ending what an earlier run left behind: {', '.join(sorted(alive))} ...")
    servers = ("postgres", "emulator")
    processes.end(leaders=[alive[name] for name in alive if name not in servers], grace=_GRACE)
    if "postgres" in alive:
        postgres.stop(data=stage.POSTGRES_DATA)
    emulator.end_leftover(state=stage.EMULATOR_STATE)
    stage.RUN_FILE.unlink(missing_ok=True)


def hold_port(*, port: int) -> socket.socket:
    """Take the web server's port before anything is started. Raises Failure if it is taken."""
    try:
        return ports.hold(preferred=port)
    except OSError as error:
        raise Failure(
            f"Port {port} is taken, perhaps by the shop of another checkout. "
            f"Try: make run PORT={ports.next_free(after=port)}"
        ) from error


def check_database(*, url: str) -> None:
    """Refuse a database of DATABASE_URL that does not let us in."""
    import psycopg2  # type: ignore[import-untyped]  # noqa: PLC0415 - only needed with DATABASE_URL

    try:
        psycopg2.connect(url, connect_timeout=5).close()
    except psycopg2.Error as error:
        raise Failure(
            f"The database of DATABASE_URL refuses: {str(error).strip()}\n"
            "Correct DATABASE_URL, or unset it to use the shop's own PostgreSQL."
        ) from error


def is_healthy(*, port: int) -> bool:
    """Whether the web server answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(*, port: int) -> str:
    """Where everything is, who may log in, and what the payment tokens do."""
    here = f"http://127.0.0.1:{port}"
    rows = [
        ("Storefront", f"{here}/"),
        ("Back office", f"{here}/admin/"),
        ("API", f"{here}/api/v1/docs/"),
        *(
            ("Staff" if one.is_staff else "Shopper", f"{one.email}  {one.password}")
            for one in accounts.DEMO_ACCOUNTS
        ),
        ("Partner's API key", accounts.DEMO_API_KEY),
        *((f"Pay: {token}", what) for token, what in accounts.FAKE_TOKENS.items()),
        ("Pay: card or wallet", _card_page()),
        ("Downstream systems", ".venv/bin/python -m examples.downstream --report"),
        ("Stop", "Ctrl-C"),
    ]
    return "\n".join(["", "The shop is open.", *(f"  {name:<21}{text}" for name, text in rows), ""])


def _card_page() -> str:
    if programs.brings_own_stripe():
        return "on the page of the Stripe account that STRIPE_SECRET_KEY names"
    return "on the page of a stand-in for Stripe, 3-D Secure and declines included"


def read_port(*, environment: Mapping[str, str]) -> int:
    """The port of the web server."""
    asked = environment.get("PORT") or "8000"
    if not asked.isdigit() or not 0 < int(asked) < 65_536:
        raise Failure(f"PORT={asked} is not a port: take a number from 1 to 65535.")
    return int(asked)


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold this checkout for as long as we run."""
    with stage.locked(path=stage.LOCK_FILE, wait=False) as free:
        if not free:
            run = RunFile.read()
            where = f" at http://127.0.0.1:{run.port}/" if run else ""
            raise Failure(f"This checkout already runs{where}. Stop it first, or use that one.")
        yield


def main() -> int:
    """Run the shop until it is asked to stop; the exit status is 1 for what could not be run."""
    console = Console()
    requests = StopRequests()
    requests.listen()
    try:
        port = read_port(environment=os.environ)
        with only_one():
            end_orphans(console=console)
            Runner(port=port, console=console, requests=requests).run()
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
