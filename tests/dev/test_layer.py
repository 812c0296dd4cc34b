"""The layer of traces runs beside the package, and holds nothing that the package has."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dev.packaging import layer
from dev.packaging.choosing import deployed
from tests.architecture.source import ROOT
from tests.factories.lambdas import ENVIRONMENT

pytestmark = pytest.mark.stage
PROGRAM = """
from opentelemetry.sdk import trace
from ecommerce import tracing
print(trace.__file__)
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer as Lambda lays it out under /opt."""
    folder = tmp_path_factory.mktemp("layer")
    made = folder / "traces.zip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["make layer", "--python", "running", "--to", str(made)])
        layer.main()
    assert made.stat().st_size < 4_000_000
    with zipfile.ZipFile(made) as archive:
        archive.extractall(folder / "opt")
    return folder / "opt" / "python"


def test_is_loaded_from_where_lambda_unpacks_it(unpacked: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={
            **ENVIRONMENT,
            "DJANGO_SETTINGS_MODULE": "ecommerce.settings.production",
            "PYTHONPATH": os.pathsep.join([str(unpacked), str(ROOT)]),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith(str(unpacked))
    assert done.stdout.strip().endswith(".pyc")


def test_brings_nothing_that_the_package_has(unpacked: Path) -> None:
    names = {
        path.name.split("-", 1)[0].replace("_", "-").lower()
        for path in unpacked.glob("*.dist-info")
    }

    assert "opentelemetry-sdk" in names
    assert names & set(deployed((ROOT / "requirements.txt").read_text())) == set()
