"""Each stage's file has all that its templates ask for, and nothing that nobody asks for."""

import re

import pytest

from ecommerce.messaging import QUEUES
from ecommerce.queue_events import MARGIN_MILLIS
from infra.bindings import BATCHES
from infra.messaging import logical_name
from infra.stacks import (
    FROM_RELEASE,
    FUNCTIONS,
    STACKS,
    STAGES,
    MissingParameter,
    Stage,
    emulated,
    parameters_of,
    read_stage,
    template_of,
)
from tests.architecture.source import ROOT

ON_AWS = tuple(map(read_stage, STAGES))
ON_THE_EMULATOR = emulated(read_stage("dev"))


def filled(stage: Stage, *, every: bool = False) -> tuple[set[str], dict[str, str]]:
    """The parameters that are taken when all stacks are made in their order, and all outputs."""
    outputs = dict.fromkeys(FROM_RELEASE, "known")
    taken: set[str] = set()
    for stack in STACKS if every else stage.stacks():
        parameters = parameters_of(stack=stack, stage=stage, outputs=outputs)
        taken |= {one["ParameterKey"] for one in parameters}
        outputs |= dict.fromkeys(template_of(stack).get("Outputs", {}), "known")
    return taken, outputs


def shown_too_soon(*, timeout_seconds: int) -> list[str]:
    """The queues that give a message out again before six times the worker's time-out, and its batch's
    window, are over: what AWS asks for. It refuses a mapping below once the time-out.
    """
    messaging = template_of(next(stack for stack in STACKS if stack.name == "messaging"))
    return [
        name
        for name, batch in BATCHES.items()
        if messaging["Resources"][logical_name(name)]["Properties"]["VisibilityTimeout"]
        < 6 * timeout_seconds + batch.window_seconds
    ]


@pytest.mark.control
def test_a_worker_that_may_take_longer_is_noticed() -> None:
    assert shown_too_soon(timeout_seconds=61) == [queue.name for queue in QUEUES]
    assert shown_too_soon(timeout_seconds=60) == ["tasks"]


@pytest.mark.parametrize("stage", [*ON_AWS, ON_THE_EMULATOR], ids=[*STAGES, "emulated"])
class TestEachStage:
    def test_gives_every_stack_what_it_asks_for(self, stage: Stage) -> None:
        taken, _ = filled(stage)

        assert taken

    def test_says_nothing_that_nobody_asks_for(self, stage: Stage) -> None:
        taken, _ = filled(stage, every=True)

        assert set(stage.parameters) - taken == set()

    def test_keeps_workers_within_the_functions_limit(self, stage: Stage) -> None:
        queues = [f"{logical_name(queue.name)}Concurrency" for queue in QUEUES]
        at_once = sum(int(stage.parameters[queue]) for queue in queues)

        assert at_once <= stage.functions["worker"]["concurrency"]

    def test_hides_a_message_for_as_long_as_lambda_may_need(self, stage: Stage) -> None:
        timeout = stage.functions["worker"]["timeout_seconds"]

        assert shown_too_soon(timeout_seconds=timeout) == []

    def test_gives_the_worker_time_to_end_what_it_begins(self, stage: Stage) -> None:
        timeout = stage.functions["worker"]["timeout_seconds"]

        assert timeout >= 3 * MARGIN_MILLIS / 1000

    def test_allows_the_values_that_it_gives(self, stage: Stage) -> None:
        values = stage.values()
        refused = [
            (stack.name, parameter, values[parameter])
            for stack in STACKS
            for parameter, one in template_of(stack).get("Parameters", {}).items()
            if parameter in values and values[parameter] not in one.get("AllowedValues", [values[parameter]])
        ]  # fmt: skip

        assert refused == []

    def test_tells_why_it_leaves_a_stack_out(self, stage: Stage) -> None:
        left_out = stage.leaves_out

        assert set(left_out) <= {stack.name for stack in STACKS}
        assert all(left_out.values())


@pytest.mark.parametrize("stage", ON_AWS, ids=STAGES)
class TestEachStageOnAws:
    def test_could_have_every_stack(self, stage: Stage) -> None:
        filled(stage, every=True)

        assert set(stage.leaves_out) <= {"containers"}

    def test_has_a_proxy_or_few_enough_functions(self, stage: Stage) -> None:
        functions = sum(one["concurrency"] for one in stage.functions.values())

        assert stage.parameters["DatabaseProxy"] == "true" or functions < int(
            stage.parameters["DatabaseConnectionsMost"]
        )

    def test_has_functions_of_its_own(self, stage: Stage) -> None:
        names = [one["name"] for one in stage.functions.values()]

        assert names == [
            f"shop-{stage.name}",
            f"shop-{stage.name}-office",
            f"shop-{stage.name}-worker",
        ]


def test_a_network_is_the_stages_own() -> None:
    networks = [stage.parameters["VpcCidr"] for stage in ON_AWS]

    assert len(set(networks)) == len(networks)


def test_production_survives_the_loss_of_a_zone() -> None:
    parameters = read_stage("production").parameters

    assert parameters["MultiAz"] == "true"
    assert parameters["NatGateways"] == "2"
    assert parameters["DeletionProtection"] == "true"
    assert int(parameters["BackupDays"]) >= 30


def test_the_renderer_finds_every_name_that_it_needs() -> None:
    _, outputs = filled(read_stage("production"))

    assert set(outputs) >= {
        "WebRoleArn", "OfficeRoleArn", "WorkerRoleArn", "PrivateSubnetIds", "FunctionSecurityGroupId",
        "DatabaseSecretArn", "DatabaseHost", "AppSecretArn", "QueueBaseUrl", "OrderEventsTopicArn",
        "StaticBucket", "MediaBucket", "DocumentsBucket", "PackageBucket", "StaticDomain",
        "MediaDomain", "UserPoolId", "UserPoolClientId",
    }  # fmt: skip


# What no template and no release reads: whom it is for, and the page that sends them there.
FOR_PEOPLE = {
    "ReleaseRoleArn": "docs/pipeline.md",
    "DistributionId": "docs/infrastructure.md",
    "UserPoolId": "docs/infrastructure.md",
    "UserPoolClientId": "docs/infrastructure.md",
    "UserPoolDomain": "docs/infrastructure.md",
    "ImageRepository": "docs/adr/0022-from-which-load-containers.md",
}


def read_by_nobody(outputs: set[str]) -> set[str]:
    """The outputs that no template asks for, no release reads, and no page names."""
    asked = {name for stack in STACKS for name in template_of(stack).get("Parameters", {})}
    code = "".join(path.read_text() for path in (ROOT / "infra" / "release").glob("*.py"))
    quoted = set(re.findall(r'"(\w+)"', code))
    # `f"{function.capitalize()}RoleArn"`
    formed = {
        f"{function.capitalize()}{end}"
        for function in FUNCTIONS
        for end in re.findall(r"capitalize\(\)}(\w+)", code)
    }
    return outputs - asked - quoted - formed - set(FOR_PEOPLE)


def test_every_output_is_read_by_somebody() -> None:
    outputs = {name for stack in STACKS for name in template_of(stack).get("Outputs", {})}

    assert read_by_nobody(outputs) == set()
    assert set(FOR_PEOPLE) - outputs == set()
    assert [
        name for name, page in FOR_PEOPLE.items() if name not in (ROOT / page).read_text()
    ] == []


@pytest.mark.control
def test_an_output_that_nobody_reads_is_noticed() -> None:
    assert read_by_nobody({"StaticBucket", "WebRoleArn", "VpcId"}) == {"VpcId"}


def test_a_missing_value_is_named() -> None:
    stage = read_stage("dev")
    (data,) = (stack for stack in STACKS if stack.name == "data")

    with pytest.raises(MissingParameter, match="data needs PrivateSubnetIds"):
        parameters_of(stack=data, stage=stage, outputs={})


def test_no_output_means_two_things() -> None:
    names = [name for stack in STACKS for name in template_of(stack).get("Outputs", {})]

    assert sorted(names) == sorted(set(names))
