"""Secrets come from Secrets Manager once per start, and reach a running sandbox when they are rotated."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from apps.core.gateways import aws_client
from ecommerce.settings import secrets
from tests.architecture.source import ROOT
from tests.factories.lambdas import ENVIRONMENT
from tests.faults.programs import database_url

TOKEN = "the-session-token-of-this-sandbox"


def run(program: str, **environment: str) -> dict[str, Any]:
    """A program under the settings of production; what it prints last is its answer."""
    kept = {name: os.environ[name] for name in ("PATH", "AWS_ENDPOINT_URL")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **ENVIRONMENT,
            **kept,
            "DJANGO_SETTINGS_MODULE": "ecommerce.settings.production",
            "PYTHONPATH": str(ROOT),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def extension(secret: dict[str, str], *, token: str = TOKEN) -> Iterator[str]:
    """AWS's extension, as its documentation describes it; yields the port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["X-Aws-Parameters-Secrets-Token"] == token
            right = self.path == "/secretsmanager/get?secretId=shop%2Fdev"
            body = json.dumps({"SecretString": json.dumps(secret)}).encode()
            self.send_response(200 if known and right else 400)
            self.end_headers()
            self.wfile.write(body if known and right else b"not ready")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield str(server.server_port)
    finally:
        server.shutdown()
        server.server_close()


STARTED = """
import json, os, sys
import django
django.setup()
from django.conf import settings
print(json.dumps({
    "key": settings.SECRET_KEY, "crm": settings.DOWNSTREAM_SECRETS["crm"],
    "user": settings.DATABASES["default"]["USER"], "region": settings.AWS_REGION,
    "in_environment": "from-the-secret" in "".join(os.environ.values()),
    "boto3": "boto3" in sys.modules,
}))
"""
DATABASE = """
import json
from django.conf import settings
found = settings.DATABASES["default"]
print(json.dumps({name: found[name] for name in ("HOST", "NAME", "USER", "PASSWORD")}))
"""
SECRET = {
    "SECRET_KEY": "from-the-secret",
    "DOWNSTREAM_SECRETS": "crm=from-the-secret-too",
    "DATABASE_URL": "postgresql://rotating@127.0.0.1:1/nothing",
}
READ = {
    "key": "from-the-secret",
    "crm": "from-the-secret-too",
    "user": "rotating",
    "region": "eu-west-1",
    "in_environment": False,
}


@pytest.fixture
def stored(stage: str) -> str:
    """The secret, in the emulator's Secrets Manager; its name."""
    name = f"shop/{uuid4()}"
    aws_client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(SECRET))
    return name


class TestAStart:
    def test_asks_the_extension_and_needs_no_boto3(self) -> None:
        with extension(SECRET) as port:
            found = run(
                STARTED,
                SECRETS_ID="shop/dev",
                AWS_SESSION_TOKEN=TOKEN,
                PARAMETERS_SECRETS_EXTENSION_HTTP_PORT=port,
            )

        assert found == {**READ, "boto3": False}

    def test_asks_secrets_manager_where_there_is_none(self, stored: str) -> None:
        assert run(STARTED, SECRETS_ID=stored) == {**READ, "boto3": True}

    def test_asks_secrets_manager_where_the_extension_is_not_ready(self, stored: str) -> None:
        with extension(SECRET) as port:
            found = run(
                STARTED,
                SECRETS_ID=stored,
                AWS_SESSION_TOKEN=TOKEN,
                PARAMETERS_SECRETS_EXTENSION_HTTP_PORT=port,
            )

        assert found == {**READ, "boto3": True}

    def test_takes_the_databases_password_from_where_rds_keeps_it(self, stored: str) -> None:
        login = {"username": "shop", "password": "p@ss/w:rd#1"}
        name = f"rds!db-{uuid4()}"
        aws_client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(login))

        found = run(
            DATABASE, SECRETS_ID=stored, DATABASE_SECRET_ID=name, DATABASE_HOST="proxy.example.com"
        )

        assert found == {
            "HOST": "proxy.example.com", "NAME": "shop", "USER": "shop", "PASSWORD": "p@ss/w:rd#1"
        }  # fmt: skip

    def test_without_a_secret_reads_the_environment(self) -> None:
        found = run(STARTED)

        assert (found["key"], found["boto3"]) == ("a-key-of-this-test", False)

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"SECRET_KEY": 5}', '"text"'])
    def test_with_a_secret_of_no_kind_ends_without_telling_it(self, text: str) -> None:
        with pytest.raises(ImproperlyConfigured) as raised:
            secrets._parsed({"SecretString": text})

        assert str(raised.value) == "The secret must be a JSON object of names and texts."
        assert raised.value.__suppress_context__


ROTATED = """
import json, os, sys
import boto3, django, psycopg2
django.setup()
from django.conf import settings
from django.db import connection
from ecommerce import lambda_handler
from ecommerce.settings import secrets
secrets._LOOK_AGAIN_SECONDS = 0

def connect():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return connection.settings_dict["PASSWORD"]

def rotate():
    owner = psycopg2.connect(os.environ["OWNER_URL"])
    owner.autocommit = True
    owner.cursor().execute(f"ALTER ROLE {os.environ['ROLE']} PASSWORD 'the-second'")
    owner.close()
    secret = {"DATABASE_URL": os.environ["SECOND_URL"], "SECRET_KEY": "rotated"}
    boto3.client("secretsmanager").put_secret_value(
        SecretId=os.environ["SECRETS_ID"], SecretString=json.dumps(secret))

found = [connect()]
rotate()
found.append(connect())
connection.close()
HOW
print(json.dumps({"passwords": found, "key": settings.SECRET_KEY}))
"""


@pytest.mark.django_db(transaction=True)
class TestARotation:
    @pytest.fixture
    def names(self, stage: str) -> Iterator[dict[str, str]]:
        """A role that may log in, and the secret that says so; and what the rotation changes."""
        role, owner_url = f"rotating_{uuid4().hex[:8]}", database_url()
        address = owner_url.rpartition("@")[2]
        first, second = (f"postgresql://{role}:the-{one}@{address}" for one in ("first", "second"))
        name = f"shop/{uuid4()}"
        aws_client("secretsmanager").create_secret(
            Name=name, SecretString=json.dumps({"DATABASE_URL": first, "SECRET_KEY": "as it was"})
        )
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'the-first'")
        yield {"ROLE": role, "OWNER_URL": owner_url, "SECOND_URL": second, "SECRETS_ID": name}
        with connection.cursor() as cursor:
            cursor.execute(f"DROP ROLE {role}")

    def test_of_the_password_is_noticed_by_the_next_connection(self, names: dict[str, str]) -> None:
        found = run(ROTATED.replace("HOW", "found.append(connect())"), **names)

        assert found["passwords"] == ["the-first", "the-first", "the-second"]
        assert found["key"] == "rotated"

    def test_of_anything_is_noticed_by_an_old_sandbox(self, names: dict[str, str]) -> None:
        how = "secrets.MAX_AGE_SECONDS = -1; lambda_handler.handler({'manage': 'check'}, None)"
        found = run(ROTATED.replace("HOW", how), FUNCTION="worker", **names)

        assert found["key"] == "rotated"

    @pytest.mark.control
    def test_is_not_noticed_by_a_young_one(self, names: dict[str, str]) -> None:
        how = "lambda_handler.handler({'manage': 'check'}, None)"
        found = run(ROTATED.replace("HOW", how), FUNCTION="worker", **names)

        assert found["key"] == "as it was"

    def test_that_cannot_be_read_leaves_what_there_is(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail() -> dict[str, str]:
            raise OSError

        monkeypatch.setattr(secrets, "_kept", {"SECRET_KEY": "kept"})
        monkeypatch.setattr(secrets, "_from_secrets_manager", fail)

        secrets.renew_if_old()

        assert secrets._kept == {"SECRET_KEY": "kept"}
        assert "the secrets are not renewed" in caplog.text
