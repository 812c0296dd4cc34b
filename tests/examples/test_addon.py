"""An add-on is a wheel: installed beside the shop and named in its settings, it changes no line of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.stage import ROOT

ADD_ON = ROOT / "examples" / "addon"


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the add-on's wheel was installed."""
    folder = tmp_path_factory.mktemp("addon")
    uv = Path(sys.executable).with_name("uv")
    # It builds with what uv itself brings, so nothing is asked of the network.
    built = subprocess.run(
        [uv, "build", "--wheel", "--offline", "-o", folder / "dist", ADD_ON],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    installed = subprocess.run(
        [uv, "pip", "install", "-q", "--offline", "--no-deps", "--target", folder / "site-packages", wheel],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    return folder / "site-packages"


def told_by(program: str, *, settings: str, site_packages: Path) -> dict[str, Any]:
    """What a program of `tests.examples.addon` finds in a shop with these settings."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", f"tests.examples.addon.{program}"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{site_packages}",
            "DJANGO_SETTINGS_MODULE": settings,
            "DATABASE_URL": f"{os.environ['DATABASE_URL']}_{program}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    (line,) = [one for one in ran.stdout.splitlines() if one.startswith("told ")]
    found: dict[str, Any] = json.loads(line.removeprefix("told "))
    return found


class TestTheAddOn:
    def test_sells_and_shows_what_it_brings(self, site_packages: Path) -> None:
        settings = "tests.examples.addon_settings"

        assert told_by("sale", settings=settings, site_packages=site_packages) == {
            "option": True,
            "order": ["paid", "voucher"],
            "order by the same voucher": ["awaiting_payment", "voucher"],
            "page": True,
            "json": {"ecolabel": {"scheme": "Nordic Swan", "number": "4711"}},
            "office": True,
            "whole codes": [],
            "not found": True,
            "page of its own": 200,
            "in German": True,
            "route": [200, 2, 1],
            "audience": True,
            "queue": ["orders.order.paid.v1"],
            "hears": ["orders.order.paid.v1"],
            "clock": True,
            "kept": True,
        }

    @pytest.mark.control
    def test_is_not_there_unless_the_settings_name_it(self, site_packages: Path) -> None:
        settings = "ecommerce.settings.test"

        assert told_by("sale", settings=settings, site_packages=site_packages) == {
            "option": False,
            "order": ["paid", "fake"],
            "order by the same voucher": ["paid", "fake"],
            "page": False,
            "json": {},
            "office": False,
            "whole codes": [],
            "not found": False,
            "page of its own": 404,
            "in German": False,
            "route": [404, 0, 0],
            "audience": False,
            "queue": [],
            "hears": [],
            "clock": False,
            "kept": False,
        }

    def test_touches_nothing_of_the_shop(self) -> None:
        listed = subprocess.run(
            ["git", "grep", "-l", "shop_ecolabel"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()

        folders = {one.split("/")[0] for one in listed}
        assert folders <= {"examples", "tests", "dev", "pyproject.toml", "docs", "CONTRIBUTING.md"}


def test_a_voucher_pays_for_one_order(site_packages: Path) -> None:
    settings = "tests.examples.addon_settings"
    told = told_by("vouchers", settings=settings, site_packages=site_packages)
    held, taken, back = ["succeeded", 0, 0], ["succeeded", 2000, 0], ["succeeded", 2000, 2000]
    refused = ["declined", 0, 0]

    assert told == {
        "a code": True,
        "forged": False,
        "too long": False,
        "nothing yet": [None] * 4,
        "held": [held] * 3,
        "held by another": [refused, None],
        "taken": [taken] * 3,
        "let go of what is taken": ["declined", 2000, 0],
        "a part back": refused,
        "back": [back] * 3,
        "back twice": refused,
        "by another afterwards": held,
        "let go": [held, held, refused],
        "taken after that": refused,
        "let go before it came": [held, refused],
        "at once": 1,
        # The control: the constraint is what holds, and without it one voucher pays for all of them.
        "at once, without the constraint": 8,
    }
