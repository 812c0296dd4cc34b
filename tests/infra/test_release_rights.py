"""A pipeline may change what it is told to change, of its own stage, and nothing else."""

import copy
from typing import Any

import pytest

from infra.release.releasing import _DECLARED_BY_CODE
from infra.stacks import STACKS, template_of
from tests.infra.release_rights import (
    ACCOUNT,
    CHANGES,
    PIPELINE,
    Changes,
    granted,
    grants,
    may,
    needed,
    policy_characters,
)
from tests.infra.rules import KNOW_NO_RESOURCE, Template, as_list, resources, statements

CHANGED = [stack for stack in STACKS if stack.name in _DECLARED_BY_CODE]
TYPES = {one["Type"] for stack in CHANGED for one in template_of(stack)["Resources"].values()}
ROLE = grants(PIPELINE)
POLICIES = [name for name, _ in resources(PIPELINE, "AWS::IAM::ManagedPolicy")]
# The same of another stage, or of somebody else, in the same account.
OTHERS = (
    f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:shop-production",
    f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:shop-production:1",
    f"arn:aws:sqs:eu-west-1:{ACCOUNT}:production-orders",
    f"arn:aws:sns:eu-west-1:{ACCOUNT}:shop-production-alarms",
    f"arn:aws:sns:eu-west-1:{ACCOUNT}:production-order-events",
    f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/lambda/shop-production",
    f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/lambda/shop-production:*",
    f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:shop-production-web-errors",
    f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/shop-production",
    f"arn:aws:budgets::{ACCOUNT}:budget/shop-production",
    f"arn:aws:rds:eu-west-1:{ACCOUNT}:es:shop-production-observability-news",
    f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:shop-dev",
    f"arn:aws:scheduler:eu-west-1:{ACCOUNT}:schedule/shop-production/events.relay",
    f"arn:aws:scheduler:eu-west-1:{ACCOUNT}:schedule-group/shop-production",
    f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/shop-production-messaging/0",
    f"arn:aws:iam::{ACCOUNT}:role/shop-production-roles-WebRole-0",
    f"arn:aws:iam::{ACCOUNT}:role/shop-dev-release",
    f"arn:aws:s3:::shop-production-package-{ACCOUNT}",
    f"arn:aws:s3:::shop-production-package-{ACCOUNT}/releases/0.zip",
    f"arn:aws:s3:::shop-dev-documents-{ACCOUNT}/invoice.pdf",
)
LISTS = {"logs:DescribeLogGroups": "names and retention, of all groups or of none"}
# Stacks that a person changes: a release may look at them, and propose.
BY_A_PERSON = [
    f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/shop-dev-{stack.name}/0"
    for stack in STACKS
    if stack not in CHANGED
]


def broken(*, policy: str, sid: str, **changes: Any) -> Template:
    """The template with one statement of the release's role made worse."""
    template = copy.deepcopy(PIPELINE)
    document = template["Resources"][policy]["Properties"]["PolicyDocument"]
    (statement,) = (one for one in document["Statement"] if one["Sid"] == sid)
    statement |= changes
    return template


def refused(template: Template = PIPELINE) -> list[str]:
    """The rights that a change of a resource asks for, and the role has not on that resource."""
    role = grants(template)
    return [
        f"{kind}: {action}"
        for kind in sorted(TYPES)
        for action in sorted(CHANGES[kind].of_a_release())
        if not may(action, CHANGES[kind].example, by=role)
    ]


def too_far(template: Template = PIPELINE) -> list[str]:
    """What the role may do to what is not its stage's; what knows no resource is held elsewhere."""
    role = grants(template)
    actions = {action for action, _ in role} - set(KNOW_NO_RESOURCE) - set(LISTS)
    return [f"{one} {arn}" for one in sorted(actions) for arn in OTHERS if may(one, arn, by=role)]


class TestEachType:
    def test_that_a_release_may_change_has_been_thought_about(self) -> None:
        assert TYPES - set(CHANGES) == set()

    def test_in_the_table_is_one_that_it_changes(self) -> None:
        assert set(CHANGES) - TYPES == set()

    def test_can_be_changed_by_the_release(self) -> None:
        assert refused() == []

    @pytest.mark.parametrize(("kind", "changes"), CHANGES.items(), ids=list(CHANGES))
    def test_is_made_and_deleted_by_a_person_where_that_is_said(
        self, kind: str, changes: Changes
    ) -> None:
        assert [one for one in changes.of_a_person() if one in granted()] == []


@pytest.mark.control
@pytest.mark.parametrize(
    ("template", "missing"),
    [
        (
            broken(policy="ReleaseDeclarations", sid="Queues", Action=["sqs:GetQueueUrl"]),
            "AWS::SQS::Queue: sqs:SetQueueAttributes",
        ),
        (
            broken(policy="ReleaseDeclarations", sid="Topics", Resource="arn:aws:sns:eu-west-1:1:dev-*"),
            "AWS::SNS::Topic: sns:SetTopicAttributes",
        ),
        (
            broken(policy="ReleaseWatching", sid="Dashboard", Resource="arn:aws:cloudwatch::1:dashboard/x"),
            "AWS::CloudWatch::Dashboard: cloudwatch:PutDashboard",
        ),
    ],
    ids=["an action", "a resource", "another resource"],
)  # fmt: skip
def test_a_right_that_is_missing_is_noticed(template: Template, missing: str) -> None:
    assert missing in refused(template)


class TestTheRole:
    def test_reaches_nothing_of_another_stage_and_no_data(self) -> None:
        assert too_far() == []

    def test_changes_no_stack_that_a_person_changes(self) -> None:
        changing = ("CreateStack", "UpdateStack", "ExecuteChangeSet")

        assert [
            (one, arn)
            for one in changing
            for arn in BY_A_PERSON
            if may(f"cloudformation:{one}", arn, by=ROLE)
        ] == []

    def test_deletes_old_versions_and_no_function(self) -> None:
        function = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:shop-dev"

        assert may("lambda:DeleteFunction", f"{function}:7", by=ROLE)
        assert not may("lambda:DeleteFunction", function, by=ROLE)

    def test_has_what_aws_asks_for_in_its_name(self) -> None:
        calls = {
            "lambda:UpdateFunctionConfiguration",
            "lambda:UpdateFunctionCode",
            "apigateway:PutIntegration",
        }

        assert "ec2:DescribeSecurityGroups" in needed(calls)
        assert needed(calls) - granted() == set()

    def test_may_ask_how_many_functions_the_account_may_run(self) -> None:
        assert "lambda:GetAccountSettings" in granted()

    def test_changes_one_key_which_bears_its_tag(self) -> None:
        (found,) = (one for _, one in statements(PIPELINE) if one.get("Sid") == "KeyOfAlarms")
        (observability,) = (one for one in CHANGED if one.name == "observability")
        (key,) = (one for _, one in resources(template_of(observability), "AWS::KMS::Key"))
        (tag,) = key["Tags"]

        assert found["Condition"] == {
            "StringEquals": {f"aws:ResourceTag/{tag['Key']}": tag["Value"]}
        }
        assert [
            action
            for _, one in statements(PIPELINE)
            for action in as_list(one["Action"])
            if action.startswith("kms:") and one is not found
        ] == []

    @pytest.mark.parametrize("policy", POLICIES)
    def test_has_policies_that_iam_takes(self, policy: str) -> None:
        assert 100 < policy_characters(PIPELINE, policy) <= 6144


@pytest.mark.control
@pytest.mark.parametrize(
    "template",
    [
        broken(policy="ReleaseDeclarations", sid="Queues", Resource="arn:aws:sqs:eu-west-1:*:*"),
        broken(policy="ReleaseCode", sid="OldVersions", Resource="*"),
        broken(policy="ReleaseWatching", sid="FunctionLogs", Resource="arn:aws:logs:*:*:log-group:*"),
    ],
    ids=["queues", "functions", "logs"],
)  # fmt: skip
def test_a_right_that_goes_too_far_is_noticed(template: Template) -> None:
    assert too_far(template) != []
