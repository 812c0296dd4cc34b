"""The import contracts hold, and each of them bites when it is broken on purpose."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

# By contract: a file to plant, what to append to it, and what the linter then says.
BREACHES = {
    "layers": (
        "apps/catalog/selectors.py",
        "from apps.orders import models  # noqa\n",
        "Call down, announce up BROKEN",
    ),
    "vocabulary": (
        "apps/orders/utils.py",
        "ANYTHING = 1\n",
        "The closed file vocabulary, and who may import whom inside an app BROKEN",
    ),
    "edges": (
        "apps/orders/services/transitions.py",
        "from apps.payments.api import views  # noqa\n",
        "Edges are nobody's dependency BROKEN",
    ),
    "resources": (
        "apps/api/carts/views.py",
        "from apps.api.orders import views  # noqa\n",
        "Inside the API: a folder for each resource, on top of who calls BROKEN",
    ),
    "pure": ("apps/pricing/rules.py", "import django\n", "Rules are pure BROKEN"),
}


def lint(folder: Path, *, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    if contract:
        command += ["--contract", contract]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The two packages and the contracts, to be broken."""
    ignored = shutil.ignore_patterns("__pycache__", "migrations")
    for package in ("apps", "ecommerce"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


class TestTheImportContracts:
    def test_hold(self) -> None:
        result = lint(ROOT)

        assert result.returncode == 0, result.stdout
        assert f"Contracts: {len(BREACHES)} kept, 0 broken." in result.stdout

    @pytest.mark.parametrize("contract", BREACHES)
    def test_notice_a_breach(self, contract: str, copy: Path) -> None:
        path, code, verdict = BREACHES[contract]
        with (copy / path).open("a") as file:
            file.write(code)

        result = lint(copy, contract=contract)

        assert result.returncode != 0
        assert verdict in result.stdout or (
            # An unknown file makes the whole contract meaningless, which the linter says first.
            contract == "vocabulary" and "utils" in result.stdout
        ), result.stdout
