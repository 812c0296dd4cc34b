"""Each role may do what its code does, and nothing else."""

import ast
from collections.abc import Iterator

import pytest

from ecommerce.schedule import SCHEDULE
from infra.bindings import queue_of
from infra.messaging import logical_name
from infra.stacks import STACKS, template_of
from tests.architecture.source import python_files, tree_of
from tests.infra.rules import as_list, resources, statements

(ROLES,) = (template_of(stack) for stack in STACKS if stack.name == "roles")

# Every call of AWS in the code, and the right that it needs.
CALLS = {
    "sqs.send_message": "sqs:SendMessage",
    "sqs.receive_message": "sqs:ReceiveMessage",
    "sqs.delete_message_batch": "sqs:DeleteMessage",
    "sqs.change_message_visibility": "sqs:ChangeMessageVisibility",
    "sqs.get_queue_attributes": "sqs:GetQueueAttributes",
    "sns.publish_batch": "sns:Publish",
    "sns.get_topic_attributes": "sns:GetTopicAttributes",
    "secretsmanager.get_secret_value": "secretsmanager:GetSecretValue",
    "sesv2.send_email": "ses:SendEmail",
    "documents.save": "s3:PutObject",
    "documents.open": "s3:GetObject",
    "documents.delete": "s3:DeleteObject",
    "default.open": "s3:GetObject",
    # A person brings fonts, with rights of their own (docs/invoices.md).
    "default.exists": "s3:ListBucket",
    "default.delete": "s3:DeleteObject",
    "default.save": "s3:PutObject",
}
# What the libraries and Lambda itself call in our name, and why.
BESIDES = {
    "sqs:SendMessage": "Celery sends tasks",
    "sqs:ReceiveMessage": "Lambda receives for the worker",
    "sqs:DeleteMessage": "Lambda deletes what the worker has done",
    "sqs:GetQueueAttributes": "Lambda looks at a queue before it receives",
    "ses:SendRawEmail": "SES asks for it where a mail comes as a whole",
    "s3:PutObject": "the back office saves a picture of a product, the worker its renditions",
    "s3:GetObject": "the storage looks whether a name is free, the worker reads a picture",
    "s3:ListBucket": "the storage looks for a free name",
    "kms:Decrypt": "the database's password lies under a key of ours",
    "lambda:InvokeFunction": "API Gateway calls a function in the function's own name",
    "logs:CreateLogStream": "Lambda writes the log",
    "logs:PutLogEvents": "Lambda writes the log",
    "ec2:CreateNetworkInterface": "Lambda puts the function into the network",
    "ec2:DescribeNetworkInterfaces": "Lambda puts the function into the network",
    "ec2:DescribeSubnets": "Lambda puts the function into the network",
    "ec2:DeleteNetworkInterface": "Lambda takes the function out of the network",
    "ec2:AssignPrivateIpAddresses": "Lambda puts the function into the network",
    "ec2:UnassignPrivateIpAddresses": "Lambda takes the function out of the network",
    "xray:PutTraceSegments": "Lambda traces",
    "xray:PutTelemetryRecords": "Lambda traces",
}
# Who calls what on which queues: by the name of the statement.
WEB = {
    "OwnApi": {"lambda:InvokeFunction"},
    "Queues": {"sqs:SendMessage", "sqs:GetQueueAttributes"},
    "Topic": {"sns:GetTopicAttributes"},
    "Documents": {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
    "Fonts": {"s3:GetObject"},
    "FontNames": {"s3:ListBucket"},
    "Mails": {"ses:SendEmail", "ses:SendRawEmail"},
}
OFFICE = {
    "OwnApi": {"lambda:InvokeFunction"},
    "Queues": {"sqs:SendMessage", "sqs:GetQueueAttributes"},
    "Topic": {"sns:GetTopicAttributes"},
    "Media": {"s3:GetObject", "s3:PutObject"},
    "MediaNames": {"s3:ListBucket"},
    "Documents": {"s3:GetObject", "s3:PutObject"},
}
WORKER = {
    "Queues": {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",
    },
    "DeadLetters": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:SendMessage"},
    "Downstream": {"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"},
    "Topic": {"sns:Publish"},
    "Mails": {"ses:SendEmail", "ses:SendRawEmail"},
    "Media": {"s3:GetObject", "s3:PutObject"},
    "MediaNames": {"s3:ListBucket"},
    "Documents": {"s3:GetObject", "s3:PutObject"},
}
_CLIENTS = {"aws_client", "client", "resource"}


def calls(tree: ast.Module) -> Iterator[str]:
    """`service.method` for each call of a client of AWS, `storage.method` for each of a named storage."""
    named = {
        target.id: what
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and (what := _source_of(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            what = named.get(of.id, "") if isinstance(of, ast.Name) else _source_of(of)
            if what:
                yield f"{what}.{node.func.attr}"


def _source_of(node: ast.expr) -> str:
    """`sqs` for `aws_client("sqs")`, `documents` for `storages["documents"]`; nothing for the rest."""
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        return str(node.args[0].value) if name in _CLIENTS else ""
    if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "storages":
        return str(node.slice.value) if isinstance(node.slice, ast.Constant) else "documents"
    return ""


def granted(*names: str) -> dict[str, set[str]]:
    """What the resources of the template allow, by the name of the statement."""
    return {
        statement["Sid"]: set(as_list(statement["Action"]))
        for name, statement in statements(ROLES)
        if name in names and statement["Effect"] == "Allow"
    }


def test_the_table_has_every_call_in_the_code() -> None:
    found = {call for path in python_files("apps", "ecommerce") for call in calls(tree_of(path))}

    assert found == set(CALLS)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("aws_client('s3').put_object(Bucket='x')", ["s3.put_object"]),
        ("import boto3\nboto3.client('ses').send_email()", ["ses.send_email"]),
        ("queue = aws_client('sqs')\nqueue.purge_queue()", ["sqs.purge_queue"]),
        ("storages['documents'].listdir('')", ["documents.listdir"]),
        ("storages[_DOCUMENTS].exists('')", ["documents.exists"]),
        ("shop.client.get('/')", []),
    ],
)
def test_a_new_call_is_noticed(code: str, found: list[str]) -> None:
    assert list(calls(ast.parse(code))) == found


class TestTheRoles:
    def test_of_the_functions_may_do_what_the_code_does_and_nothing_else(self) -> None:
        allowed = {
            action
            for name in ("WebRole", "OfficeRole", "Work", "RunInTheNetwork", "ReadSecrets")
            for actions in granted(name).values()
            for action in actions
        }

        assert allowed == set(CALLS.values()) | set(BESIDES)

    def test_of_the_web_function_is_its_own(self) -> None:
        rights = granted("WebRole")
        assert rights.pop("Log") == {"logs:CreateLogStream", "logs:PutLogEvents"}
        assert rights == WEB

    def test_of_the_office_function_is_its_own(self) -> None:
        rights = granted("OfficeRole")
        assert rights.pop("Log") == {"logs:CreateLogStream", "logs:PutLogEvents"}
        assert rights == OFFICE

    def test_of_the_worker_function_is_its_own(self) -> None:
        rights = granted("Work")
        assert rights.pop("Log") == {"logs:CreateLogStream", "logs:PutLogEvents"}
        assert rights == WORKER

    def test_of_the_clock_may_only_send_tasks(self) -> None:
        (statement,) = (one for name, one in statements(ROLES) if name == "SchedulerRole")

        assert statement["Action"] == "sqs:SendMessage"
        queues = {f"{logical_name(queue_of(row['task']))}QueueArn" for row in SCHEDULE.values()}
        assert {one["Ref"] for one in statement["Resource"]} == queues

    def test_are_one_for_each_function(self) -> None:
        services = {
            name: one["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
            for name, one in resources(ROLES, "AWS::IAM::Role")
        }

        assert services == {
            "WebRole": ["lambda.amazonaws.com", "apigateway.amazonaws.com"],
            "OfficeRole": ["lambda.amazonaws.com", "apigateway.amazonaws.com"],
            "WorkerRole": "lambda.amazonaws.com",
            "SchedulerRole": "scheduler.amazonaws.com",
        }

    def test_send_mail_in_the_shops_name_only(self) -> None:
        found = [one for _, one in statements(ROLES) if one.get("Sid") == "Mails"]

        assert len(found) == 2
        assert all(
            one["Condition"] == {"StringLike": {"ses:FromAddress": {"Fn::Sub": "*@${ShopDomain}"}}}
            for one in found
        )

    def test_let_only_an_api_run_a_function_and_only_its_own(self) -> None:
        """Whoever may invoke the worker may run any command in it."""
        running = {
            name: {one["Fn::Sub"].rpartition("function:")[2] for one in statement["Resource"]}
            for name, statement in statements(ROLES)
            if any(one.startswith("lambda:") for one in as_list(statement.get("Action", [])))
        }

        assert running == {
            "WebRole": {"${WebFunction}", "${WebFunction}:*"},
            "OfficeRole": {"${OfficeFunction}", "${OfficeFunction}:*"},
        }
