"""The pipeline does nothing that `make` could not do elsewhere, and has no key to lose."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from infra.stacks import read_stage
from tests.architecture.source import ROOT

FOLDER = ROOT / ".github" / "workflows"
NAMES = ("ci", "release", "stage")
STAGES = ("dev", "staging", "production")


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.yml").read_text()


def workflow(name: str) -> dict[str, Any]:
    """A workflow; YAML reads its key `on` as true."""
    found = yaml.safe_load(text_of(name))
    found["on"] = found.pop(True)
    return found


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each job of each workflow, by `workflow.job`."""
    for name in NAMES:
        for job, what in workflow(name)["jobs"].items():
            yield f"{name}.{job}", what


def commands() -> list[str]:
    return [step["run"] for _, job in jobs() for step in job.get("steps", []) if "run" in step]


def targets(text: str) -> set[str]:
    """The targets that a command asks of `make`."""
    return set(re.findall(r"\bmake (?:--silent )?([a-z-]+)", text))


def test_github_would_take_the_workflows() -> None:
    """By GitHub's own schema, which comes with the checker."""
    for schema, files in (
        ("vendor.github-workflows", [str(FOLDER / f"{name}.yml") for name in NAMES]),
        ("vendor.dependabot", [str(ROOT / ".github" / "dependabot.yml")]),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *files],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_no_workflow_that_nobody_looks_at() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(NAMES)


class TestEachJob:
    @pytest.mark.parametrize(("name", "job"), list(jobs()), ids=lambda one: str(one)[:30])
    def test_says_what_it_may_and_how_long(self, name: str, job: dict[str, Any]) -> None:
        assert set(job["permissions"]) <= {"contents", "id-token"}
        assert job["permissions"]["contents"] == "read"
        # One that calls another workflow has that one's time-outs.
        assert "uses" in job or 0 < job["timeout-minutes"] <= 60

    def test_does_its_work_by_make(self) -> None:
        makefile = (ROOT / "Makefile").read_text()
        known = set(re.findall(r"^([a-z -]+):(?!=)", makefile, re.MULTILINE))
        named = {one for line in known for one in line.split()}
        asked = set().union(*map(targets, commands()))

        assert [one for one in commands() if not one.startswith("make ")] == []
        assert {"check", "test", "stage", "package", "deploy", "smoke", "watch"} <= asked
        assert asked - named == set()

    def test_runs_nothing_that_could_change_behind_our_backs(self) -> None:
        used = [
            step["uses"] for _, job in jobs() for step in job.get("steps", []) if "uses" in step
        ]

        assert used
        assert [one for one in used if not re.search(r"@[0-9a-f]{40}$", one)] == []
        assert all(
            re.search(rf"{re.escape(one)} # v\d", "".join(map(text_of, NAMES))) for one in used
        )

    def test_has_no_secret(self) -> None:
        text = "".join(map(text_of, NAMES))

        assert "secrets" not in text
        assert "AWS_SECRET" not in text
        assert re.findall(r"vars\.(\w+)", text) == ["RELEASE_ROLE_ARN"]

    def test_leaves_no_token_in_the_checkout(self) -> None:
        checkouts = [
            step
            for _, job in jobs()
            for step in job.get("steps", [])
            if step.get("uses", "").startswith("actions/checkout@")
        ]

        assert [one for one in checkouts if one["with"]["persist-credentials"] is not False] == []

    def test_puts_no_input_into_a_shell(self) -> None:
        """Whoever chooses the text of an expression would choose the command."""
        assert [one for one in commands() if "${{" in one] == []

    def test_may_ask_for_a_token_only_where_it_releases(self) -> None:
        asking = {name for name, job in jobs() if "id-token" in job["permissions"]}

        assert asking == {"stage.release", *(f"release.{stage}" for stage in STAGES)}


class TestARelease:
    def test_goes_from_stage_to_stage_after_everything_was_checked(self) -> None:
        found = workflow("release")["jobs"]
        order = ["ci", "package", *STAGES]

        assert list(found) == order
        assert [found[name].get("needs") for name in order] == [None, *order[:-1]]
        assert [found[stage]["with"]["stage"] for stage in STAGES] == list(STAGES)
        assert workflow("release")["on"] == {"push": {"branches": ["main"]}}

    def test_checks_before_it_tests_and_tests_before_it_tries_a_stage(self) -> None:
        found = workflow("ci")["jobs"]

        assert (found["test"]["needs"], found["stage"]["needs"]) == ("check", "test")

    def test_asks_for_the_stages_approval_and_waits_for_its_turn(self) -> None:
        found = workflow("stage")

        assert found["jobs"]["release"]["environment"] == "${{ inputs.stage }}"
        assert found["concurrency"] == {
            "group": "stage-${{ inputs.stage }}",
            "cancel-in-progress": False,
        }

    def test_is_asked_and_watched_before_the_next_stage(self) -> None:
        steps = [
            one["run"] for one in workflow("stage")["jobs"]["release"]["steps"] if "run" in one
        ]

        assert [re.findall(r"\bmake (?:--silent )?([a-z-]+)", one) for one in steps] == [
            ["region"], ["deploy"], ["smoke", "rollback"], ["watch"],
        ]  # fmt: skip
        assert "--only-code" in steps[1]

    def test_is_watched_within_the_time_that_its_role_has(self) -> None:
        minutes = [
            job["with"]["minutes"]
            for name, job in jobs()
            if name.startswith("release.") and "with" in job
        ]
        limit = workflow("stage")["jobs"]["release"]["timeout-minutes"]

        assert max(minutes) + 30 <= limit <= 60

    @pytest.mark.parametrize("stage", STAGES)
    def test_is_in_the_region_that_the_stages_file_says(self, stage: str) -> None:
        told = subprocess.run(
            ["make", "--silent", "region", f"STAGE={stage}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )

        assert told.stdout == f"region={read_stage(stage).region}\n"
        assert re.findall(r"aws-region: (.+)", text_of("stage")) == [
            "${{ steps.where.outputs.region }}"
        ]
        assert not re.search(r"\b[a-z]{2}-[a-z]+-\d\b", "".join(map(text_of, NAMES)))
