"""The documentation as a site, in var/docs: `python -m dev.documentation`, which asks nobody on the network.

This is also the extension of Sphinx that docs/conf.py names. It reads the menu off the lists of links in
the pages named README.md, and fills what is read off the code into the pages of docs/reference/.
"""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.cmd.build import build_main
from sphinx.util.docutils import SphinxDirective

from dev import reference

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "var" / "docs"
HOME = "docs/README"
# The pages whose lists of links are the menu.
MENUS = {HOME, "docs/adr/README"}
LINK = re.compile(r"^- \[(?P<title>[^]]+)]\((?P<page>[^)#]+)\.md\)", re.MULTILINE)
_TO_HOME = f"""<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={HOME}.html">
<title>Documentation</title>
<a href="{HOME}.html">Documentation</a>
"""


class Reference(SphinxDirective):
    """```{reference} commands```: what the code says of itself."""

    required_arguments = 1
    texts: ClassVar = {
        "commands": reference.commands,
        "make": reference.make_targets,
        "settings": reference.settings,
        "api": reference.api,
    }

    def run(self) -> list[nodes.Node]:
        """The parsed text that the argument names. Raises KeyError for a name that is not known."""
        text = self.texts[self.arguments[0]]()
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def with_menu(text: str) -> str:
    """A page with the menu that its headings and lists of links make, in their order."""
    sections = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)[1:]
    menus = []
    for caption, section in zip(sections[::2], sections[1::2], strict=True):
        links = [f"{match['title']} <{match['page']}>" for match in LINK.finditer(section)]
        if links:
            head = f"```{{toctree}}\n:hidden:\n:caption: {caption}\n"
            menus.append("\n".join([head, *links, "```"]))
    return "\n\n".join([text, *menus])


def _add_menu(_: Sphinx, page: str, source: list[str]) -> None:
    if page in MENUS:
        source[0] = with_menu(source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directive and the menu known to Sphinx, and Django's settings to the reference."""
    import django  # noqa: PLC0415 - only a build needs it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecommerce.settings.test")
    django.setup()
    app.add_directive("reference", Reference)
    app.connect("source-read", _add_menu)
    return {"parallel_read_safe": True}


def build() -> int:
    """Make the site anew; returns what Sphinx does, which is not 0 for a dead link or a page in no menu."""
    shutil.rmtree(SITE, ignore_errors=True)
    answer = build_main(
        ["-q", "-W", "--keep-going", "-c", str(ROOT / "docs"), "-d", str(SITE / ".cache"),
         str(ROOT), str(SITE)]
    )  # fmt: skip
    if answer == 0:
        (SITE / "index.html").write_text(_TO_HOME)
        print(f"The documentation is in {SITE / 'index.html'}")
    return answer


if __name__ == "__main__":
    sys.exit(build())
