"""What can be known of the image without building it: its files are there, and its commands run.

The commands run in a folder that holds what the image copies and nothing else, under the settings of
production, with the environment that the template gives.
"""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import boto3
import pytest
from django.db import connection

from dev import ports
from ecommerce.threads import KEPT
from infra.stacks import STACKS, read_stage, template_of
from tests.architecture.source import ROOT
from tests.infra.rules import needs, resources
from tests.queues import Queues

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
LINES = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
(TEMPLATE,) = (template_of(stack) for stack in STACKS if stack.name == "containers")
((_, TASK),) = resources(TEMPLATE, "AWS::ECS::TaskDefinition")
(CONTAINER,) = TASK["ContainerDefinitions"]


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


def copied() -> list[tuple[str, str]]:
    """What is copied from the checkout, and where to."""
    found = [one.split() for one in instructions("COPY") if not one.startswith("--from")]
    return [(source, target) for *sources, target in found for source in sources]


class TestTheImage:
    def test_copies_what_there_is_and_git_knows(self) -> None:
        for source, _ in copied():
            known = subprocess.run(
                ["git", "ls-files", source], cwd=ROOT, capture_output=True, text=True, check=True
            )
            new = subprocess.run(
                ["git", "status", "--short", source], cwd=ROOT, capture_output=True, text=True, check=True
            )  # fmt: skip
            assert known.stdout or new.stdout, source

    def test_is_sent_what_it_copies_and_nothing_else(self) -> None:
        allowed = {
            line.removeprefix("!")
            for line in (ROOT / ".dockerignore").read_text().splitlines()
            if line.startswith("!")
        }

        assert (ROOT / ".dockerignore").read_text().startswith("*\n")
        assert allowed == {source.rstrip("/") for source, _ in copied()}

    def test_begins_with_what_can_be_chosen(self) -> None:
        assert instructions("ARG")[0] == "PYTHON=python:3.13-slim"
        assert {one.split()[0] for one in instructions("FROM")} == {"${PYTHON}"}

    def test_runs_as_nobody_in_particular(self) -> None:
        *_, last = instructions("USER")

        assert re.fullmatch(r"[1-9]\d{3,}", last)
        assert f"--uid {last}" in DOCKERFILE

    def test_takes_nothing_that_has_no_hash(self) -> None:
        installs = re.findall(r"pip install [^&;]*", DOCKERFILE)

        assert len(installs) == 2
        assert all("--require-hashes" in one and "--no-deps" in one for one in installs)

    def test_takes_orders_while_the_database_hangs(self) -> None:
        """Threads are kept for the taking of orders, and no other page waits for long."""
        (command,) = (json.loads(one) for one in instructions("CMD"))
        given = dict(one.split("=") for flag, one in itertools.pairwise(command) if flag == "--env")

        assert given["WEB_THREADS"] == command[command.index("--threads") + 1]
        assert int(given["WEB_THREADS"]) > KEPT
        assert 0 < int(given["DATABASE_STATEMENT_SECONDS"]) < 10

    def test_holds_no_secret(self) -> None:
        assert not re.search(r"SECRET|PASSWORD|TOKEN", " ".join(instructions("ENV")))

    def test_needs_neither_the_tool_of_deployment_nor_that_of_tests(self) -> None:
        chosen = subprocess.run(
            [sys.executable, "dev/packaging/choosing.py", "requirements-containers.txt"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        names = set(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*])?==", chosen, re.MULTILINE))

        assert {"django", "gunicorn", "pycurl", "click-repl"} <= names
        assert names & {"zappa", "pytest", "pytest-django", "troposphere", "pip"} == set()


class TestTheTemplate:
    def test_gives_each_container_a_place_to_write(self) -> None:
        assert CONTAINER["ReadonlyRootFilesystem"] is True
        assert instructions("VOLUME") == ["/tmp"]
        assert [one["ContainerPath"] for one in CONTAINER["MountPoints"]] == ["/tmp"]
        assert [one["SourceVolume"] for one in CONTAINER["MountPoints"]] == [
            one["Name"] for one in TASK["Volumes"]
        ]

    def test_makes_the_repository_before_there_is_an_image_to_run(self) -> None:
        """What cannot start takes back, with the whole stack, the repository that it waits for."""
        needing = {
            name
            for name in TEMPLATE["Resources"]
            if "ContainerImageTag" in str(TEMPLATE["Resources"][name])
            or needs(TEMPLATE, name) & {"Worker", "Workers"}
        }
        conditions = {name: one.get("Condition") for name, one in TEMPLATE["Resources"].items()}

        assert needing == {"Worker", "Workers", "WorkersScale", "WorkersFollowLoad"}
        assert {name for name, one in conditions.items() if one == "HasImage"} == needing

    def test_lets_a_stopped_worker_finish(self) -> None:
        slowest = max(
            read_stage(name).functions["worker"]["timeout_seconds"]
            for name in ("dev", "production")
        )

        assert CONTAINER["StopTimeout"] > slowest


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the image: what is copied into it, and the names of the static files."""
    folder = tmp_path_factory.mktemp("image") / "shop"
    folder.mkdir()
    for source, target in copied():
        if not source.startswith(("dev/", "requirements")):
            whole = ROOT / source
            there = folder / (source if target == "./" else target)
            shutil.copytree(whole, there) if whole.is_dir() else shutil.copy(whole, there)
    (build,) = (one for one in instructions("RUN") if "collectstatic" in one)
    script = build.replace("/venv/bin/python", sys.executable)
    subprocess.run(["/bin/sh", "-ec", script], cwd=folder, env={"PATH": os.defpath}, check=True)
    return folder


def environment(queues: Queues, **changes: str) -> dict[str, str]:
    """What the template tells a container, with this process's stage behind it; secrets in their place."""
    database = connection.settings_dict
    secrets = boto3.client("secretsmanager")
    name = f"shop/containers-{uuid4()}"
    app = {"SECRET_KEY": "a-key-of-this-test", "DOWNSTREAM_SECRETS": "crm=a-secret-of-this-test"}
    login = {"username": database["USER"], "password": database["PASSWORD"]}
    for end, document in (("app", app), ("database", login)):
        secrets.create_secret(Name=f"{name}/{end}", SecretString=json.dumps(document))
    values = {
        "Stage": os.environ["STAGE"],
        "ShopDomain": "127.0.0.1",
        "AWS::Region": "eu-west-1",
        "AppSecretArn": f"{name}/app",
        "DatabaseSecretArn": f"{name}/database",
        "DatabaseHost": f"{database['HOST']}:{database['PORT']}",
        "QueueBaseUrl": queues.url("tasks").rpartition("/")[0],
        "OrderEventsTopicArn": "arn:aws:sns:eu-west-1:000000000000:x",
        "PaymentGateways": "fake",
    }
    told = {one["Name"]: _resolved(one["Value"], values) for one in CONTAINER["Environment"]}
    return {
        **told,
        "PATH": os.defpath,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "DJANGO_SETTINGS_MODULE": "ecommerce.settings.production",
        "DATABASE_NAME": database["NAME"],
        # The laptop's PostgreSQL has no certificate.
        "PGSSLMODE": "prefer",
        **changes,
    }


def _resolved(value: Any, values: dict[str, str]) -> str:
    if isinstance(value, str):
        return value
    ((kind, name),) = value.items()
    if kind == "Ref":
        return values.get(name, name.lower())
    return re.sub(r"\$\{(\w+)}", lambda found: values.get(found[1], found[1].lower()), name)


@contextmanager
def running(command: list[str], *, folder: Path, env: dict[str, str], log: Path) -> Iterator[None]:
    """A command of the image, run by this environment's programs."""
    program = Path(sys.executable).with_name(command[0])
    with log.open("w") as output:
        process = subprocess.Popen(
            [program, *command[1:]], cwd=folder, env=env, stdout=output, stderr=output
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def until(holds: Any, *, log: Path) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.2)
    pytest.fail(log.read_text()[-3000:])


@pytest.mark.stage
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("emulator")
class TestACommandOfTheImage:
    def test_serves_the_web(self, queues: Queues, scratch: Path, tmp_path: Path) -> None:
        port, log = ports.find_free(), tmp_path / "log"
        (command,) = instructions("CMD")
        arguments = [
            one.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for one in json.loads(command)
        ]

        def answers(path: str) -> int:
            asked = Request(
                f"http://127.0.0.1:{port}{path}", headers={"X-Forwarded-Proto": "https"}
            )
            try:
                with urlopen(asked, timeout=5) as answer:
                    return int(answer.status)
            except HTTPError as error:
                return error.code
            except OSError:
                return 0

        env = environment(queues, FUNCTION="")
        with running(arguments, folder=scratch, env=env, log=log):
            until(lambda: answers("/healthz") == 200, log=log)
            assert answers("/admin/login/") == 200
            assert answers("/api/v1/markets/") == 200

    def test_works_the_queues(self, queues: Queues, scratch: Path, tmp_path: Path) -> None:
        log = tmp_path / "log"
        boto3.client("sqs").send_message(
            QueueUrl=queues.url("tasks"),
            MessageBody='{"task": "events.report_lag", "expires_after": 55}',
        )

        with running(CONTAINER["Command"], folder=scratch, env=environment(queues), log=log):
            until(lambda: "events.report_lag" in log.read_text(), log=log)
            until(lambda: not queues.unfinished("tasks"), log=log)
        lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
        worked = [one for one in lines if one.get("task") == "events.report_lag"]
        assert worked
        assert {one["function"] for one in worked} == {"worker"}
