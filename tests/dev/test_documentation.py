"""The site of the documentation is built without a network, and knows no dead link."""

import subprocess
import sys
from pathlib import Path

from dev.documentation import with_menu
from dev.reference import make_targets, variables
from tests.stage import ROOT


def build(*, source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """What Sphinx says of the pages below a folder, with the shop's own settings of it."""
    command = (sys.executable, "-W", "ignore", "-m", "sphinx", "-q", "-W", "--keep-going")
    return subprocess.run(
        [*command, "-c", str(ROOT / "docs"), str(source), str(site)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


class TestTheSite:
    def test_is_whole(self, tmp_path: Path) -> None:
        built = build(source=ROOT, site=tmp_path)

        assert built.returncode == 0, built.stderr
        settings = (tmp_path / "docs" / "reference" / "settings.html").read_text()
        assert "SELLER_TIME_ZONE" in settings
        commands = (tmp_path / "docs" / "reference" / "commands.html").read_text()
        assert "import_orders" in commands

    def test_with_a_dead_link_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "README.md").write_text("# Home\n\n[nowhere](nowhere.md)\n")

        built = build(source=tmp_path, site=tmp_path / "site")

        assert built.returncode != 0
        assert "nowhere.md" in built.stderr


class TestWithMenu:
    def test_makes_a_menu_of_each_list_of_links(self) -> None:
        page = "# Home\n\n## Tutorial\n- [First](a/first.md)\n- [Next](../NEXT.md)\n"

        assert with_menu(page).endswith(
            "```{toctree}\n:hidden:\n:caption: Tutorial\n\nFirst <a/first>\nNext <../NEXT>\n```"
        )


class TestTheReference:
    def test_has_a_word_on_every_variable(self) -> None:
        told = {one.name for one in variables() if one.meaning}

        assert {one.name for one in variables()} - told == set()
        assert "DATABASE_HOST" in told

    def test_says_what_a_variable_is_for_and_where_it_must_be_set(self) -> None:
        (limits,) = [one for one in variables() if one.name == "APPROVAL_LIMITS"]

        assert limits.meaning.startswith("Orders above this amount")
        assert any(one.name == "SECRET_KEY" and one.is_of_stages for one in variables())

    def test_lists_what_make_offers(self) -> None:
        assert "| `make run` |" in make_targets()
