"""How soon a function answers: the shop's, a bare Django's, and those that Zappa packs, in one run.

Each package is run by AWS's own runtime client and asked what its users ask first: the home page (six
statements, six templates), the API's products, the log-in page of the back office, a task from the
queue; all read the demo catalogue in PostgreSQL, but for the bare Django, which answers one line of
JSON. CPU time is what is compared: others' work does not change it.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from dev.stage import VAR
from tests.architecture.source import ROOT
from tests.benchmarks.runtime_api import sandbox
from tests.benchmarks.test_speed import report
from tests.factories.lambdas import ENVIRONMENT, rest_event, sqs_record

pytestmark = pytest.mark.bench
ROUNDS = 7
WARM = 200
FOLDER = VAR / "bench" / "lambda"


Answers = Callable[[Any], bool]


def answers(status: int, *, holding: str) -> Answers:
    """An HTTP answer with this status and text."""
    return lambda answer: answer["statusCode"] == status and holding in answer["body"]


@dataclass(kw_only=True)
class Function:
    """A package, what it is asked, and what was measured of it."""

    name: str
    handler: str
    folders: tuple[Path, ...]
    event: dict[str, Any]
    is_right: Answers
    environment: dict[str, str]
    figures: list[dict[str, float]] = field(default_factory=list)

    def measure(self, *, client: Path, warm: int) -> None:
        """One cold start, the first answer, and so many more."""
        with sandbox(
            self.handler,
            *self.folders,
            client=client,
            environment={**ENVIRONMENT, **self.environment},
            log=FOLDER / "functions.log",
        ) as started:
            answer, first = started.invoke(self.event)
            assert self.is_right(answer), answer
            cold_cpu = started.cpu_seconds()
            found = {
                "init": started.init_seconds,
                "first": first,
                "total": started.init_seconds + first,
                "cpu": cold_cpu,
                "memory": started.resident_bytes() / 2**20 / 1000,
            }
            if warm:
                seconds = [started.invoke(self.event)[1] for _ in range(warm)]
                found["warm"] = median(seconds)
                found["warm cpu"] = (started.cpu_seconds() - cold_cpu) / warm
        self.figures.append(found)

    def typical(self, what: str) -> float:
        """The median, in milliseconds (of memory: in MiB)."""
        return 1000 * median(one[what] for one in self.figures if what in one)

    def row(self) -> str:
        names = ("init", "first", "total", "cpu", "warm", "warm cpu", "memory")
        values = [self.typical(name) for name in names]
        return f"| {self.name} | " + " | ".join(f"{value:.1f}" for value in values) + " |"


def unzip(archive: Path, *, to: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(to)
    return to


def run(*command: Any, cwd: Path = ROOT, **environment: str) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def install_client() -> Path:
    """AWS's runtime client, which Lambda has beside the package and not in it."""
    uv = Path(sys.executable).with_name("uv")
    to = FOLDER / "client"
    run(
        *(uv, "--system-certs", "pip", "install", "--quiet", "--target", to, "--require-hashes"),
        *("--python", sys.executable, "-r", ROOT / "tests" / "benchmarks" / "lambda_client.txt"),
    )
    run(sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", to)
    return to


def make_ours() -> Path:
    to = FOLDER / "shop.zip"
    run(sys.executable, "-m", "dev.packaging", "--python", "running", "--to", to)
    return unzip(to, to=FOLDER / "ours")


def make_bare() -> Path:
    folder = FOLDER / "bare"
    folder.mkdir()
    shutil.copy(ROOT / "tests" / "benchmarks" / "bare_function.py", folder)
    run(sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", folder)
    return folder


def make_stock(ours: Path) -> Path:
    """What `zappa package` makes of the same code, with nothing but its documented settings."""
    project, environment = FOLDER / "project", FOLDER / "stock-environment"
    project.mkdir()
    for name in ("apps", "ecommerce", "locale", "templates"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copytree(ours / "staticfiles", project / "staticfiles")
    settings = {
        "dev": {
            "project_name": "shop",
            "django_settings": "ecommerce.settings.production",
            "s3_bucket": "shop-dev-package",
            "aws_region": "eu-west-1",
            "runtime": f"python{sys.version_info[0]}.{sys.version_info[1]}",
        }
    }
    (project / "zappa_settings.json").write_text(json.dumps(settings))
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--quiet", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    lock = ROOT / "requirements.txt"
    run(
        *(uv, "--system-certs", "pip", "sync", "--quiet", "--require-hashes", "--link-mode"),
        *("copy", "--compile-bytecode", "--python", python, lock),
    )
    run(
        *(environment / "bin" / "zappa", "package", "dev", "--output", "stock.zip"),
        cwd=project,
        VIRTUAL_ENV=str(environment),
        PATH=f"{environment / 'bin'}:{os.environ['PATH']}",
        **{name: ENVIRONMENT[name] for name in ENVIRONMENT if name.startswith("AWS_")},
    )
    return unzip(project / "stock.zip", to=FOLDER / "stock")


HEAD = [
    "| function | INIT ms | first request ms | cold start ms | cold start CPU ms "
    "| warm ms | warm CPU ms | MiB |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
]


def make_functions(*, ours: Path, bare: Path, stock: Path, url: str) -> dict[str, Function]:
    """What is measured. A first request that reads nothing would flatter: only the bare one does."""
    entry, database = "ecommerce.lambda_handler.handler", {"DATABASE_URL": url}
    home, products = rest_event("/gb/en/"), rest_event("/api/v1/products/")
    is_home = answers(200, holding="</html>")
    relay = {"task": "events.relay", "expires_after": 3600}
    sent = {"SentTimestamp": str(int(time.time() * 1000))}
    return {
        "bare": Function(
            name="a bare Django, one line of JSON",
            handler="bare_function.handler",
            folders=(bare, ours),
            event=rest_event("/healthz"),
            is_right=answers(200, holding='"ok"'),
            environment={},
        ),
        "page": Function(
            name="`web`, home page",
            handler=entry,
            folders=(ours,),
            event=home,
            is_right=is_home,
            environment=database,
        ),
        "api": Function(
            name="`web`, products by the API",
            handler=entry,
            folders=(ours,),
            event=products,
            is_right=answers(200, holding='"price_from"'),
            environment=database,
        ),
        "office": Function(
            name="`office`, log-in page",
            handler=entry,
            folders=(ours,),
            event=rest_event("/admin/login/"),
            is_right=answers(200, holding="</html>"),
            environment={**database, "FUNCTION": "office"},
        ),
        "worker": Function(
            name="`worker`, a relay",
            handler=entry,
            folders=(ours,),
            event={"Records": [sqs_record(json.dumps(relay), attributes=sent)]},
            is_right=lambda answer: answer == {"batchItemFailures": []},
            environment={**database, "FUNCTION": "worker"},
        ),
        "stock page": Function(
            name="as Zappa packs it, home page",
            handler="handler.lambda_handler",
            folders=(stock,),
            event=home,
            is_right=is_home,
            environment=database,
        ),
        "stock api": Function(
            name="as Zappa packs it, products by the API",
            handler="handler.lambda_handler",
            folders=(stock,),
            event=products,
            is_right=answers(200, holding='"price_from"'),
            environment=database,
        ),
    }


def test_cold_start(environment: dict[str, str]) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    client, ours, bare = install_client(), make_ours(), make_bare()
    functions = make_functions(
        ours=ours, bare=bare, stock=make_stock(ours), url=environment["DATABASE_URL"]
    )
    for number in range(ROUNDS):
        for function in functions.values():
            function.measure(client=client, warm=WARM if number == 0 else 0)

    cpu = {name: one.typical("cpu") for name, one in functions.items()}
    faster = {name: cpu[f"stock {name}"] / cpu[name] for name in ("page", "api")}
    slower = {name: cpu[name] / cpu["bare"] for name in ("page", "api")}
    ratios = [
        f"CPU until the first answer, {name}: {faster[name]:.1f} × faster than Zappa's package,"
        f" {slower[name]:.2f} × the bare Django."
        for name in ("page", "api")
    ]
    report("cold-start", [*HEAD, *(one.row() for one in functions.values()), "", *ratios])
    assert min(faster.values()) >= 2.5
    assert max(slower.values()) <= 2.5
    shutil.rmtree(FOLDER)
