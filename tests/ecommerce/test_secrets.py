"""Secrets come from Secrets Manager once per start, and reach a running sandbox when they are rotated."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from apps.core.gateways import aws_client
from ecommerce.settings import secrets
from ecommerce.settings.secrets_manager import signed_headers
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
def secrets_manager(secrets: dict[str, dict[str, str]]) -> Iterator[str]:
    """A Secrets Manager that answers nobody before it was asked for all of its secrets; its address."""
    all_asked = threading.Barrier(len(secrets))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            all_asked.wait(timeout=10)
            body = json.dumps({"SecretString": json.dumps(secrets[asked["SecretId"]])}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
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
def stored(emulator: str) -> str:
    """The secret, in the emulator's Secrets Manager; its name."""
    name = f"shop/{uuid4()}"
    aws_client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(SECRET))
    return name


class TestAStart:
    def test_asks_secrets_manager_and_needs_no_boto3(self, stored: str) -> None:
        assert run(STARTED, SECRETS_ID=stored) == {**READ, "boto3": False}

    def test_asks_by_boto3_where_the_environment_has_no_credentials(
        self, stored: str, tmp_path: Path
    ) -> None:
        """As in a container, whose role is told elsewhere."""
        told = tmp_path / "credentials"
        told.write_text("[default]\naws_access_key_id = x\naws_secret_access_key = x\n")
        without = f"import os\nfor name in ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'): del os.environ[name]\n{STARTED}"

        found = run(without, SECRETS_ID=stored, AWS_SHARED_CREDENTIALS_FILE=str(told))

        assert found == {**READ, "boto3": True}

    def test_asks_for_both_secrets_at_once(self) -> None:
        login = {"username": "shop", "password": "secret"}
        with secrets_manager({"shop/dev": SECRET, "rds!db": login}) as address:
            found = run(
                DATABASE, SECRETS_ID="shop/dev", DATABASE_SECRET_ID="rds!db",
                DATABASE_HOST="proxy.example.com", AWS_ENDPOINT_URL=address,
            )  # fmt: skip

        assert (found["HOST"], found["PASSWORD"]) == ("proxy.example.com", "secret")

    @pytest.mark.parametrize("token", ["", TOKEN])
    def test_signs_as_amazons_own_library_does(
        self, monkeypatch: pytest.MonkeyPatch, token: str
    ) -> None:
        known = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a/secret+key"}
        for name, value in {**known, "AWS_SESSION_TOKEN": token}.items():
            monkeypatch.setenv(name, value)
        now, host = (
            datetime(2026, 11, 28, 9, 5, 1, tzinfo=UTC),
            "secretsmanager.eu-west-1.amazonaws.com",
        )
        body = b'{"SecretId": "shop/dev"}'

        ours = signed_headers(host=host, region="eu-west-1", body=body, now=now)

        theirs = AWSRequest(
            "POST",
            f"https://{host}/",
            data=body,
            headers={name: ours[name] for name in ("content-type", "x-amz-target")},
        )
        credentials = Credentials(*known.values(), token or None)
        with time_machine.travel(now, tick=False):
            SigV4Auth(credentials, "secretsmanager", "eu-west-1").add_auth(theirs)
        assert ours["authorization"] == theirs.headers["Authorization"]

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
from apps.payments.registry import payment_providers
from ecommerce import lambda_handler
from ecommerce.settings import secrets
payment_providers.get("stripe")
from ecommerce.settings.secrets_manager import signed_headers
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
    secret = {"DATABASE_URL": os.environ["SECOND_URL"], "SECRET_KEY": "rotated",
              "STRIPE_SECRET_KEY": "rotated too"}
    boto3.client("secretsmanager").put_secret_value(
        SecretId=os.environ["SECRETS_ID"], SecretString=json.dumps(secret))

found = [connect()]
rotate()
found.append(connect())
connection.close()
HOW
print(json.dumps({"passwords": found, "key": settings.SECRET_KEY,
                  "of_a_provider": payment_providers.get("stripe")._secret_key}))
"""


@pytest.mark.django_db(transaction=True)
class TestARotation:
    @pytest.fixture
    def names(self, emulator: str) -> Iterator[dict[str, str]]:
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
        assert found["of_a_provider"] == "rotated too"

    def test_reaches_settings_that_lie_upon_productions(
        self, names: dict[str, str], tmp_path: Path
    ) -> None:
        """Whose order of imports is not that of their names, and one of which is asked for by its package."""
        folder = tmp_path / "of_a_shop"
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "between.py").write_text(
            "from ecommerce.settings.production import *\nBETWEEN = SECRET_KEY\n"
        )
        (folder / "above.py").write_text(
            "from of_a_shop import between\nfrom of_a_shop.between import *\n"
            "SECRET_KEY = between.BETWEEN\n"
        )
        above = {
            "DJANGO_SETTINGS_MODULE": "of_a_shop.above",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}",
        }

        found = run(ROTATED.replace("HOW", "found.append(connect())"), **names, **above)

        assert found["passwords"] == ["the-first", "the-first", "the-second"]
        assert (found["key"], found["of_a_provider"]) == ("rotated", "rotated too")

    def test_that_the_settings_refuse_leaves_those_there_are(self, names: dict[str, str]) -> None:
        how = "del os.environ['SHOP_ORIGIN']; secrets.MAX_AGE_SECONDS = -1; secrets.renew_if_old()"
        kept = "assert sys.modules['ecommerce.settings.production'].SECRET_KEY == 'as it was'"
        found = run(ROTATED.replace("HOW", f"{how}; {kept}"), **names)

        assert found["key"] == "as it was"

    def test_of_anything_is_noticed_by_an_old_sandbox(self, names: dict[str, str]) -> None:
        how = "secrets.MAX_AGE_SECONDS = -1; lambda_handler.handler({'manage': 'check'}, None)"
        found = run(ROTATED.replace("HOW", how), FUNCTION="worker", **names)

        assert found["key"] == "rotated"

    @pytest.mark.control
    def test_is_not_noticed_by_a_young_one(self, names: dict[str, str]) -> None:
        how = "lambda_handler.handler({'manage': 'check'}, None)"
        found = run(ROTATED.replace("HOW", how), FUNCTION="worker", **names)

        assert found["key"] == "as it was"
        assert found["of_a_provider"] == ""

    def test_that_cannot_be_read_leaves_what_there_is(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail() -> dict[str, str]:
            raise OSError

        monkeypatch.setattr(secrets, "_kept", {"SECRET_KEY": "kept"})
        monkeypatch.setattr(secrets, "_read", fail)

        secrets.renew_if_old()

        assert secrets._kept == {"SECRET_KEY": "kept"}
        assert "the secrets are not renewed" in caplog.text
