"""What the shop is made of: the client's eight, every pin hashed, no copyleft in what is deployed."""

import importlib.metadata
import re

import pytest

from tests.architecture.source import ROOT

CLIENTS_EIGHT = (
    "django",
    "djangorestframework",
    "zappa",
    "django-storages",
    "boto3",
    "celery",
    "psycopg2-binary",
    "pytest-django",
)
NAMES = ("requirements", "requirements-dev", "requirements-containers", "requirements-otel")
FILES = tuple(f"{name}.{end}" for name in NAMES for end in ("in", "txt"))
COMPILED = tuple(f"{name}.txt" for name in NAMES)
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)(\[[^]]*])?==(?P<version>\S+)")
ADDRESS = re.compile(r"://|--(extra-)?index-url|--find-links|--trusted-host|@ ")
COPYLEFT = re.compile(r"\b[AL]?GPL|General Public|Lesser General", re.IGNORECASE)
# Copyleft names in the metadata that bind us to nothing, and why.
HARMLESS = {
    "psycopg2-binary": "LGPL with exceptions: used as a library, unchanged",
    "text-unidecode": "Artistic License or GPL, at the user's choice; comes with zappa",
}


def pins(text: str) -> dict[str, list[str]]:
    """Each pinned distribution of a compiled file, with its hashes."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if match := PIN.match(line):
            name = match["name"]
            found[name] = []
        elif digest := re.search(r"--hash=(sha256:[0-9a-f]{64})", line):
            found[name].append(digest[1])
    return found


def named(text: str) -> set[str]:
    """The distributions that a file asks for by name."""
    return set(re.findall(r"^([a-z0-9._-]+)", text, re.MULTILINE))


def licence_of(name: str) -> str:
    """All that an installed distribution's metadata says about its licence; empty if not installed."""
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    classifiers = [
        one for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    summary = (metadata.get("License") or "").split("\n")[0]
    return "; ".join([metadata.get("License-Expression") or "", summary, *classifiers])


def copyleft(licences: dict[str, str]) -> set[str]:
    return {name for name, licence in licences.items() if COPYLEFT.search(licence)}


class TestRequirements:
    @pytest.mark.parametrize("file", ["requirements.in", "requirements.txt"])
    def test_name_the_clients_eight(self, file: str) -> None:
        assert set(CLIENTS_EIGHT) - named((ROOT / file).read_text()) == set()

    @pytest.mark.parametrize("file", COMPILED)
    def test_pin_everything_with_hashes(self, file: str) -> None:
        text = (ROOT / file).read_text()
        found = pins(text)

        assert len(found) > 20
        assert set(found) == named(text)
        assert [name for name, hashes in found.items() if not hashes] == []

    def test_agree_with_one_another(self) -> None:
        """A layer, and the laptop, run what the package runs."""
        versions = [
            dict(
                re.findall(
                    r"^([a-z0-9._-]+)(?:\[[^]]*])?==(\S+)", (ROOT / file).read_text(), re.MULTILINE
                )
            )
            for file in COMPILED
        ]
        found = {
            name: {one[name] for one in versions if name in one} for name in set().union(*versions)
        }

        assert {name: those for name, those in found.items() if len(those) > 1} == {}

    def test_a_pin_without_a_hash_is_noticed(self) -> None:
        text = "django==5.2.19 \\\n    --hash=sha256:" + "0" * 64 + "\ncelery==5.7.0\n"

        assert pins(text) == {"django": ["sha256:" + "0" * 64], "celery": []}

    @pytest.mark.parametrize("file", FILES)
    def test_name_no_address(self, file: str) -> None:
        lines = (ROOT / file).read_text().splitlines()

        assert [line for line in lines if ADDRESS.search(line)] == []

    @pytest.mark.parametrize(
        "line",
        [
            "--index-url https://packages.example.com/simple",
            "--extra-index-url //packages.example.com",
            "thing @ git+https://example.com/thing.git",
            "# from http://packages.example.com",
        ],
    )
    def test_an_address_is_noticed(self, line: str) -> None:
        assert ADDRESS.search(line)

    def test_bind_what_is_deployed_to_no_copyleft(self) -> None:
        names = [
            *pins((ROOT / "requirements.txt").read_text()),
            *pins((ROOT / "requirements-otel.txt").read_text()),
        ]
        licences = {name: licence_of(name) for name in names}

        assert "BSD" in licences["django"]
        assert copyleft(licences) == set(HARMLESS)

    def test_copyleft_is_noticed(self) -> None:
        licences = {
            "one": "AGPL-3.0-only",
            "two": "GNU General Public License v3 (GPLv3)",
            "three": "BSD-3-Clause",
        }

        assert copyleft(licences) == {"one", "two"}
