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


def needs(template: Template, name: str) -> set[str]:
    """The resources that are made before this one: by its word, or because it names them."""
    found: set[str] = set()
    left = [name]
    while left:
        resource = template["Resources"].get(left.pop(), {})
        named = {*as_list(resource.get("DependsOn", [])), *_named(resource.get("Properties", {}))}
        new = (named & set(template["Resources"])) - found
        found |= new
        left += new
    return found


def _named(properties: dict[str, Any]) -> set[str]:
    text = json.dumps(properties)
    by_function = re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"(\w+)"', text)
    return {*by_function, *re.findall(r"\$\{(\w+)[.}]", text)}


def before_the_way_out(template: Template) -> list[str]:
    """What AWS refuses in a network that is not attached to the internet yet, and may be made before that.

    A gateway or an address names the network at most, not its attachment, so that the two race.
    """
    attached = {name for name, _ in resources(template, "AWS::EC2::VPCGatewayAttachment")}
    waiting = ["AWS::EC2::NatGateway", "AWS::EC2::EIP"]
    routes = [name for name, one in resources(template, "AWS::EC2::Route") if "GatewayId" in one]
    names = [*(name for name, _ in resources(template, *waiting)), *routes]
    return [name for name in names if not needs(template, name) & attached]


def undecoded_paths(template: Template) -> list[str]:
    """Rules of a firewall that a percent sign steps round: Django decodes a path, so they must, too.

    What is let through may be told exactly.
    """
    return [
        f"{name}: {rule['Name']} {one['SearchString']}"
        for name, firewall in resources(template, "AWS::WAFv2::WebACL")
        for entry in firewall["Rules"]
        for rule in (entry["Fn::If"][1:2] if "Fn::If" in entry else [entry])
        for one in _path_matches(rule["Statement"])
        if [each["Type"] for each in one["TextTransformations"]] != ["URL_DECODE", "NORMALIZE_PATH"]
    ]


def _path_matches(statement: Any) -> Iterator[dict[str, Any]]:
    if isinstance(statement, list):
        for one in statement:
            yield from _path_matches(one)
    elif isinstance(statement, dict):
        for kind, what in statement.items():
            if kind == "ByteMatchStatement" and "UriPath" in what["FieldToMatch"]:
                yield what
            elif kind != "NotStatement":
                yield from _path_matches(what)


def logs_of_everything(template: Template) -> list[str]:
    """Logs of a firewall that keep each request that it lets through."""
    return [
        name
        for name, one in resources(template, "AWS::WAFv2::LoggingConfiguration")
        if one.get("LoggingFilter", {}).get("DefaultBehavior") != "DROP"
    ]


# What a search of the dashboard may ask for with quotation marks, which mean the whole value.
_WHOLE = {"MetricName", "stage"}


def searches_for_nothing(template: Template) -> list[str]:
    """Searches of a dashboard for part of a value in quotation marks, where CloudWatch takes it for the whole."""
    return [
        f"{name}: {key}={value}"
        for name, one in resources(template, "AWS::CloudWatch::Dashboard")
        for search in re.findall(r"SEARCH\('(.*?)'", one["DashboardBody"]["Fn::Sub"])
        for key, value in re.findall(r'(\w+)=\\"([^"\\]*)\\"', search)
        if key not in _WHOLE
    ]


def deaf_alarms(template: Template) -> list[str]:
    """Alarms on figures that CloudWatch has in another region: those of CloudFront are in us-east-1 only."""
    edge = any(True for _ in resources(template, "AWS::CloudFront::Distribution"))
    return [
        name
        for name, one in resources(template, "AWS::CloudWatch::Alarm")
        if one.get("Namespace") == "AWS/CloudFront" and not edge
    ]


RULES = (
    before_the_way_out,
    undecoded_paths,
    logs_of_everything,
    searches_for_nothing,
    deaf_alarms,
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
