"""Every line of the page names what answers it, and what it names is there."""

import logging
import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "well-architected.md"
ROWS = [
    line.strip("| ").split(" | ", 1)
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| asked", "|---"))
]
FOLDERS = (ROOT, ROOT / "infra", ROOT / "infra" / "templates", ROOT / "docs")


def named_files(text: str) -> list[str]:
    """Paths in backticks, and links, without their anchors."""
    quoted = re.findall(r"`([\w./*-]+(?:\.(?:py|yaml|json|md)|/))`", text)
    return [*quoted, *(link.partition("#")[0] for link in re.findall(r"]\(([^)]+)\)", text))]


def is_there(name: str) -> bool:
    return any(list(folder.glob(name)) for folder in FOLDERS)


@pytest.mark.parametrize(("asked", "answer"), ROWS, ids=[row[0] for row in ROWS])
def test_each_answer_names_files_that_there_are(asked: str, answer: str) -> None:
    found = named_files(answer)
    by_command = re.findall(r"`make ([a-z-]+)`", answer)

    assert found or by_command, f"{asked} names nothing"
    assert [name for name in found if not is_there(name)] == []
    makefile = (ROOT / "Makefile").read_text()
    assert [
        name for name in by_command if not re.search(rf"^{name}:", makefile, re.MULTILINE)
    ] == []


def misplaced(text: str) -> list[str]:
    """Names that a page places in a file or in a stage's file, and that do not occur there."""
    stages = [path.read_text() for path in (ROOT / "infra" / "stages").glob("[dps]*.json")]
    found = [
        f"{name} in {file}"
        for name, file in re.findall(r"`([\w.]+)` in\s`([\w./*-]+\.(?:py|yaml|json))`", text)
        if not any(name in path.read_text() for folder in FOLDERS for path in folder.glob(file))
    ]
    return found + [
        f"{name} in the stage's file"
        for name in re.findall(r"`(\w+)` in\s(?:the|a) stage's\sfile", text)
        if not all(f'"{name}"' in stage for stage in stages)
    ]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_each_page_sends_its_reader_to_where_it_is(page: Path) -> None:
    assert misplaced(page.read_text()) == []


@pytest.mark.control
def test_a_name_that_is_elsewhere_is_noticed() -> None:
    text = "`Budget` in `observability.yaml`, `memory_mb` in `zappa_settings.json`, `memory_mb` in the stage's file"

    assert misplaced(text) == ["memory_mb in zappa_settings.json", "memory_mb in the stage's file"]


def test_a_page_asks_a_log_for_the_words_that_it_has() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
    levels = set(re.findall(r'"level": "(\w+)"', pages))

    assert levels
    assert levels <= set(logging.getLevelNamesMapping())


def test_what_is_not_there_is_noticed() -> None:
    assert named_files("by `observability.yaml` and [a page](cost.md#x), `Budget`") == [
        "observability.yaml",
        "cost.md",
    ]
    assert is_there("observability.yaml")
    assert not is_there("nothing.yaml")


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_each_page_links_to_what_there_is(page: Path) -> None:
    links = re.findall(r"]\((?!https?:|#)([^)#\s]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []
