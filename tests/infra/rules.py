"""What must hold of every template; each rule names what breaks it."""

import json
import re
from collections.abc import Iterator
from typing import Any

Template = dict[str, Any]
RUN_BOOK = re.compile(r"Run book: ([a-z-]+)$")
# Actions that know no resource, and why anybody has them.
KNOW_NO_RESOURCE = {
    "ec2:CreateNetworkInterface": "Lambda puts the function into the network",
    "ec2:DescribeNetworkInterfaces": "Lambda puts the function into the network",
    "ec2:DescribeSubnets": "Lambda puts the function into the network",
    "ec2:DeleteNetworkInterface": "Lambda takes the function out of the network",
    "ec2:AssignPrivateIpAddresses": "Lambda puts the function into the network",
    "ec2:UnassignPrivateIpAddresses": "Lambda takes the function out of the network",
    "xray:PutTraceSegments": "traces belong to no resource",
    "xray:PutTelemetryRecords": "traces belong to no resource",
    "lambda:CreateEventSourceMapping": "the binding is not there yet; the function is told by a condition",
    "cloudwatch:DescribeAlarms": "an alarm of alarms is told only to whoever may ask for all",
    "ec2:DescribeSecurityGroups": "Lambda looks at a function's network by the release's rights",
    "ec2:DescribeVpcs": "Lambda looks at a function's network by the release's rights",
    "lambda:GetAccountSettings": "how much the account may run belongs to no function",
    "ecr:GetAuthorizationToken": "a token is for the whole registry",
}
# What must say that it is encrypted at rest, and how it does.
ENCRYPTED_BY = {
    "AWS::SQS::Queue": "SqsManagedSseEnabled",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::S3::Bucket": "BucketEncryption",
    "AWS::RDS::DBInstance": "StorageEncrypted",
    "AWS::ElastiCache::ReplicationGroup": "AtRestEncryptionEnabled",
    "AWS::OpenSearchService::Domain": "EncryptionAtRestOptions",
    "AWS::ECR::Repository": "EncryptionConfiguration",
    "AWS::Backup::BackupVault": "EncryptionKeyArn",
}
# What holds state and is encrypted without being asked: secrets, user pools, log groups.
STORES = re.compile(
    r"AWS::(SQS::Queue|SNS::Topic|S3::Bucket|RDS::DB(Instance|Cluster)|ElastiCache::\w*(Group|Cache|Cluster)"
    r"|OpenSearchService::Domain|ECR::Repository|DynamoDB::\w*Table|EFS::FileSystem|Kinesis::Stream|Backup::BackupVault)$"
)
_NOT_STORES = {"AWS::ElastiCache::SubnetGroup", "AWS::ElastiCache::ParameterGroup"}


def resources(template: Template, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The resources of these types, by logical name, each with its properties."""
    for name, resource in template["Resources"].items():
        if resource["Type"] in types:
            yield name, resource.get("Properties", {})


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement of the policies of roles, with the resource that has it."""
    for name, one in resources(template, "AWS::IAM::Role"):
        for policy in one.get("Policies", []):
            yield from ((name, each) for each in unfolded(policy["PolicyDocument"]["Statement"]))
    for name, one in resources(template, "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
        yield from ((name, each) for each in unfolded(one["PolicyDocument"]["Statement"]))


def unfolded(found: Any) -> list[dict[str, Any]]:
    """The statements, those of an `If` among them."""
    listed = found if isinstance(found, list) else [found]
    flat: list[dict[str, Any]] = []
    for one in listed:
        branches = one["Fn::If"][1:] if "Fn::If" in one else [one]
        flat += [branch for branch in branches if "Effect" in branch]
    return flat


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def queues_without_dead_letters(template: Template) -> list[str]:
    """Queues whose failures go nowhere, or that let any queue send its failures here."""
    queues = dict(resources(template, "AWS::SQS::Queue"))
    targets = {
        name: one["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for name, one in queues.items()
        if "RedrivePolicy" in one
    }
    dead = set(targets.values())
    return [
        name
        for name, one in queues.items()
        if (name not in dead and targets.get(name) not in queues)
        or (
            name in dead and one.get("RedriveAllowPolicy", {}).get("redrivePermission") != "byQueue"
        )
    ]


def logs_kept_for_ever(template: Template) -> list[str]:
    return [
        name
        for name, one in resources(template, "AWS::Logs::LogGroup")
        if "RetentionInDays" not in one
    ]


def open_buckets(template: Template) -> list[str]:
    """Buckets that could be made public, or be spoken to in the clear."""
    guarded = {
        policy["Bucket"]["Ref"]
        for _, policy in resources(template, "AWS::S3::BucketPolicy")
        if any(map(_refuses_the_clear, policy["PolicyDocument"]["Statement"]))
    }
    return [
        name
        for name, one in resources(template, "AWS::S3::Bucket")
        if list(one.get("PublicAccessBlockConfiguration", {}).values()) != [True] * 4
        or name not in guarded
    ]


def _refuses_the_clear(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {})
    refuses = statement["Effect"] == "Deny" and condition.get("aws:SecureTransport") == "false"
    return refuses and len(as_list(statement["Resource"])) == 2


def wide_rights(template: Template) -> list[str]:
    """What a role may do that names no single action, or no resource although there is one."""
    return [
        f"{name}: {action}"
        for name, statement in statements(template)
        if statement["Effect"] == "Allow"
        for action in as_list(statement.get("Action", "*"))
        if "*" in action
        or ("*" in as_list(statement["Resource"]) and action not in KNOW_NO_RESOURCE)
    ]


def roles_for_anybody(template: Template) -> list[str]:
    return [
        name
        for name, one in resources(template, "AWS::IAM::Role")
        for statement in one["AssumeRolePolicyDocument"]["Statement"]
        if not set(statement["Principal"]) <= {"Service", "Federated"}
    ]


def unencrypted_stores(template: Template) -> list[str]:
    return [
        name
        for name, resource in template["Resources"].items()
        if STORES.match(resource["Type"]) and resource["Type"] not in _NOT_STORES
        if not resource.get("Properties", {}).get(ENCRYPTED_BY.get(resource["Type"], ""))
    ]


def silent_alarms(template: Template) -> list[str]:
    """Alarms that call nobody, or do not say what is to be done."""
    return [
        name
        for name, one in resources(
            template, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
        )
        if not one.get("AlarmActions") or not RUN_BOOK.search(one.get("AlarmDescription", ""))
    ]


def run_books(template: Template) -> set[str]:
    """The run books that the alarms name."""
    return {
        found[1]
        for _, one in resources(
            template, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
        )
        if (found := RUN_BOOK.search(one.get("AlarmDescription", "")))
    }


def unexplained(template: Template) -> list[str]:
    """A description that does not say why the stack is apart."""
    return [] if "Apart, because " in template["Description"] else ["the description"]


def shared_secrets(template: Template) -> list[str]:
    """Parameters and plain texts that look like a secret."""
    text = json.dumps(template)
    parameters = [
        name
        for name in template.get("Parameters", {})
        if re.search(r"(Password|Token|SecretKey)$", name)
    ]
    return parameters + re.findall(r"AKIA[0-9A-Z]{16}|sk_live_\w+", text)


RULES = (
    queues_without_dead_letters,
    logs_kept_for_ever,
    open_buckets,
    wide_rights,
    roles_for_anybody,
    unencrypted_stores,
    silent_alarms,
    unexplained,
    shared_secrets,
)
