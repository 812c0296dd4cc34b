"""What `make run` runs: the steps that prepare a stage, then the programs that serve it."""

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from dev.children import Program
from dev.emulator import CREDENTIALS, REGION
from dev.stage import ROOT, VAR, RunFile

_STATIC_STAMP = VAR / "static.stamp"
# Settings of the shell that would lead the stage elsewhere, at worst to a real account.
_FOREIGN = ("AWS_", "CELERY_", "GUNICORN_", "MEDIA_", "STATIC_", "MAKE", "MFLAGS", "SQS_", "SNS_")
_WEB_THREADS = 8
_PROMPT, _SLOW = "orders,tasks,mails", "payments,refunds,bulk"
_WEBHOOK_SECRET = "whsec_of_the_stand_in"  # noqa: S105 - it guards nothing but this laptop
_REPLACED = ("STAGE", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "WEB_CONCURRENCY")


def environment(*, run: RunFile) -> dict[str, str]:
    """The environment of every program of the stage."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name not in _REPLACED
    }
    past_proxy = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1", "localhost")))
    return kept | {
        "AWS_ACCESS_KEY_ID": CREDENTIALS,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": run.aws_endpoint_url,
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "DATABASE_URL": run.database_url,
        "DJANGO_SETTINGS_MODULE": "ecommerce.settings.local",
        "NO_PROXY": past_proxy,
        "PORT": str(run.port),
        "PYTHONUNBUFFERED": "1",
        # The worker's remark on root, which is a container's normal state.
        "PYTHONWARNINGS": "ignore:You're running the worker",
        "SHOP_ORIGIN": f"http://127.0.0.1:{run.port}",
        **_stripe_of(run=run),
        # What a killed worker had in hand is taken up by the next after a minute.
        "VISIBILITY_SECONDS": "60",
        "no_proxy": past_proxy,
    }


def brings_own_stripe() -> bool:
    """Whether the shell names a Stripe account of its own, which then takes the stand-in's place."""
    return bool(os.environ.get("STRIPE_SECRET_KEY"))


def _stripe_of(*, run: RunFile) -> dict[str, str]:
    if brings_own_stripe():
        return {}
    return {
        "STRIPE_API_BASE": f"http://127.0.0.1:{run.stripe_port}",
        "STRIPE_SECRET_KEY": "sk_test_of_the_stand_in",
        "STRIPE_WEBHOOK_SECRET": _WEBHOOK_SECRET,
    }


def installer() -> Program:
    """The program that makes the emulator's environment."""
    return _python(name="install", module="dev.emulator", arguments=("install",))


def preparing(*, run: RunFile) -> list[Program]:
    """The steps that need nothing of one another."""
    steps = [
        _python(name="provision", module="dev.provision", arguments=(run.aws_endpoint_url,)),
        _manage("migrate", "--noinput"),
    ]
    if static_fingerprint() != _read(path=_STATIC_STAMP):
        steps.append(_manage("collectstatic", "--noinput", "--clear"))
    return steps


def loading() -> list[Program]:
    """The steps that fill the shop once, which need all of the preparing ones."""
    return [
        _python(name="catalogue", module="examples.catalogue", arguments=()),
        _python(name="fonts", module="dev.fonts", arguments=()),
    ]


def serving(*, run: RunFile, sockets: Mapping[str, int]) -> list[Program]:
    """The programs that a stage consists of; `sockets` are those that servers get, by program."""
    port = run.port
    celery = ("-A", "ecommerce", "--skip-checks", "--quiet", "--no-color")
    web = (
        *("ecommerce.wsgi", "--bind", f"fd://{sockets['web']}", "--no-control-socket"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", str(_WEB_THREADS)),
        *("--graceful-timeout", "8", "--log-level", "warning"),
        # A page that the database does not answer in five seconds is not waited for.
        *("--env", "DATABASE_STATEMENT_SECONDS=5", "--env", f"WEB_THREADS={_WEB_THREADS}"),
    )
    bank = (
        *("--socket", str(sockets["stripe"]), "--webhook-secret", _WEBHOOK_SECRET),
        *("--webhook-url", f"http://127.0.0.1:{port}/api/v1/payments/webhooks/stripe/"),
    )
    banks = [
        _python(name="stripe", module="examples.stripe_double", arguments=bank, sockets=sockets)
    ]
    beat = ("beat", "-s", str(VAR / "beat" / "schedule"), "-l", "WARNING")
    return [
        _python(name="web", module="gunicorn", arguments=web, sockets=sockets),
        _python(name="worker", module="celery", arguments=(*celery, *_worker(_PROMPT))),
        # Whatever waits for a bank, or takes long, has threads of its own.
        _python(name="slow-worker", module="celery", arguments=(*celery, *_worker(_SLOW))),
        _python(name="schedules", module="celery", arguments=(*celery, *beat)),
        _python(name="downstream", module="examples.downstream", arguments=()),
        *([] if brings_own_stripe() else banks),
    ]


def _worker(queues: str) -> tuple[str, ...]:
    return (
        *("worker", "-P", "threads", "-c", "4", "-Q", queues, "-l", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )


def static_fingerprint() -> str:
    """Changes whenever the collected static files would."""
    seen = hashlib.sha256()
    for path in sorted(_static_sources()):
        status = path.stat()
        seen.update(f"{path.relative_to(ROOT)} {status.st_size} {status.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def note_static() -> None:
    """Remember that what is collected is what there is."""
    _STATIC_STAMP.write_text(static_fingerprint())


def _static_sources() -> Iterator[Path]:
    for folder in (ROOT / "static", *ROOT.glob("apps/*/static")):
        yield from (path for path in folder.rglob("*") if path.is_file())
    # Packages bring static files too, and the settings say how all of them are stored.
    yield from ROOT.glob("requirements.txt")
    yield from (ROOT / "ecommerce" / "settings").glob("*.py")


def _read(*, path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _manage(command: str, *arguments: str) -> Program:
    return Program(name=command, command=(sys.executable, "manage.py", command, *arguments))


def _python(
    *,
    name: str,
    module: str,
    arguments: tuple[str, ...],
    sockets: Mapping[str, int] = MappingProxyType({}),
) -> Program:
    handed_over = (sockets[name],) if name in sockets else ()
    return Program(
        name=name, command=(sys.executable, "-m", module, *arguments), sockets=handed_over
    )
