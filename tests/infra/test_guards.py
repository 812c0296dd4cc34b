"""What stops a release, and Zappa's own commands, before anything is changed that nobody wanted."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.release import cloudformation, guard, rendering, steps
from infra.release.__main__ import main
from infra.release.releasing import ROOT, Release
from infra.stacks import STACKS, STAGES, placeholders_of, read_stage, template_of
from tests.infra.rules import STORES

REGION = "eu-west-1"


class TestAPlaceholder:
    @pytest.mark.parametrize("name", STAGES)
    @pytest.mark.parametrize("command", ["plan", "deploy"])
    def test_stops_a_release_before_it_begins(
        self, command: str, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([command, name]) == 1

        said = capsys.readouterr().out
        assert f"infra/stages/{name}.json is not filled in" in said
        assert all(word in said for word in ("ShopDomain", "AlarmEmail", "Repository"))

    def test_is_none_where_somebody_has_decided(self) -> None:
        read = read_stage("production")
        said = {"ShopDomain": "shop.example.org", "AlarmEmail": "", "AlarmActions": "false"}
        stage = dataclasses.replace(
            read, parameters={**read.parameters, **said, "Repository": "none"}
        )

        assert placeholders_of(stage) == []
        assert list(steps.check_values(Release(stage=stage))) == ["nothing is left open"]


class TestWhatNobodyCanMakeAgain:
    @pytest.mark.parametrize(
        ("change", "lost"),
        [
            ({"Action": "Modify", "Replacement": "True"}, {"Database"}),
            ({"Action": "Modify", "Replacement": "Conditional"}, {"Database"}),
            ({"Action": "Dynamic"}, {"Database"}),
            ({"Action": "Remove"}, {"Database"}),
            ({"Action": "Modify", "Replacement": "False"}, set()),
            ({"Action": "Add"}, set()),
            ({"Action": "Import"}, set()),
        ],
    )
    def test_is_lost_when_it_is_replaced_or_removed(
        self, change: dict[str, str], lost: set[str]
    ) -> None:
        resources = {"Database": "AWS::RDS::DBInstance", "Alarm": "AWS::CloudWatch::Alarm"}
        changes = [
            {"ResourceChange": {"LogicalResourceId": name, "ResourceType": kind, **change}}
            for name, kind in resources.items()
        ]

        assert cloudformation.losses_of({"Changes": changes}) == lost

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            ({"Action": "Modify", "Replacement": "True"}, "modify {}, which replaces it"),
            ({"Action": "Modify", "Replacement": "Conditional"}, "modify {}, which may replace it"),
            ({"Action": "Dynamic"}, "dynamic {}, which may replace or remove it"),
            ({"Action": "Modify", "Replacement": "False"}, "modify {}"),
        ],
    )
    def test_is_named_in_a_plan_as_what_may_be_lost(
        self, change: dict[str, str], line: str
    ) -> None:
        resource = {"LogicalResourceId": "Database", "ResourceType": "AWS::RDS::DBInstance"}
        told = cloudformation.lines_of({"Changes": [{"ResourceChange": resource | change}]})

        assert told == [line.format("Database (AWS::RDS::DBInstance)")]

    def test_is_every_store_of_the_templates(self) -> None:
        stores = {
            one["Type"]
            for stack in STACKS
            for one in template_of(stack)["Resources"].values()
            if STORES.match(one["Type"])
        }
        made_again = {
            "AWS::Backup::BackupVault", "AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::SubnetGroup",
            "AWS::OpenSearchService::Domain", "AWS::SNS::Topic",
        }  # fmt: skip

        assert stores - made_again <= cloudformation.IRREPLACEABLE


class TestZappasOwnCommands:
    @pytest.mark.parametrize(
        ("command", "stage", "instead"),
        [
            ("update", "dev", "make deploy STAGE=dev"),
            ("deploy", "production_office", "make deploy STAGE=production"),
            ("manage", "dev_worker", 'make manage STAGE=dev COMMAND="…"'),
            ("certify", "dev", "make settings STAGE=dev, then the same in var/release/dev"),
        ],
    )
    def test_say_what_to_do_instead_where_they_would_deploy_the_checkout(
        self, command: str, stage: str, instead: str
    ) -> None:
        """By Zappa itself, which calls what the checkout's settings name before it packs anything."""
        arguments = ["zappa", command, stage]
        told = subprocess.run(
            [Path(sys.executable).with_name("zappa"), *arguments[1:], *_more(command)],
            cwd=ROOT,
            env={**os.environ, "AWS_DEFAULT_REGION": REGION},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

        assert f"Instead of `{' '.join(arguments)}`: {instead}" in told.stdout + told.stderr
        assert "Downloading" not in told.stdout

    def test_that_only_look_are_let_be(self) -> None:
        guard.refuse(SimpleNamespace(command="tail", api_stage="dev"))

    def test_are_not_stopped_in_the_settings_of_a_release(self, tmp_path: Path) -> None:
        outputs = dict.fromkeys(
            (name for stack in STACKS for name in template_of(stack).get("Outputs", {})),
            "x-tasks-dlq",
        )
        path = rendering.write_settings(stage=read_stage("dev"), outputs=outputs, folder=tmp_path)

        assert "callbacks" not in path.read_text()


def _more(command: str) -> list[str]:
    return ["check"] if command == "manage" else ["--yes"] if command == "certify" else []
