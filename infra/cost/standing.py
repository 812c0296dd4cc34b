"""What a stage's templates cost while nobody asks anything, resource by resource."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.cost.prices import HOURS, SECONDS, Line, price, vcpus
from infra.cost.profile import Profile
from infra.stacks import Stack, Stage, template_of

# Paid by what passes through them: `infra/cost/work.py`.
BY_USE = frozenset(
    f"AWS::{name}"
    for name in (
        "Backup::BackupVault", "CloudFront::Distribution", "Cognito::UserPool", "EC2::FlowLog", "ECR::Repository",
        "Lambda::EventSourceMapping", "Logs::LogGroup", "S3::Bucket", "SES::EmailIdentity",
        "SNS::Topic", "SQS::Queue", "Scheduler::Schedule", "WAFv2::LoggingConfiguration",
    )
)  # fmt: skip
# Nothing is asked for them: names, rules, rights and settings of something that is paid for.
FREE = frozenset(
    f"AWS::{name}"
    for name in (
        "ApiGateway::ApiKey", "ApiGateway::BasePathMapping", "ApiGateway::DomainName",
        "ApiGateway::UsagePlan", "ApiGateway::UsagePlanKey", "ApplicationAutoScaling::ScalingPolicy",
        "Backup::BackupSelection", "Budgets::Budget", "CertificateManager::Certificate", "CloudFront::CachePolicy",
        "CloudFront::OriginAccessControl", "CloudFront::OriginRequestPolicy",
        "CloudFront::ResponseHeadersPolicy", "Cognito::UserPoolClient", "Cognito::UserPoolDomain",
        "Cognito::UserPoolGroup", "Cognito::UserPoolResourceServer", "EC2::InternetGateway",
        "EC2::Route", "EC2::RouteTable", "EC2::SecurityGroup", "EC2::Subnet",
        "EC2::SubnetRouteTableAssociation", "EC2::VPC", "EC2::VPCGatewayAttachment", "ECS::Cluster",
        "ECS::TaskDefinition", "ElastiCache::SubnetGroup", "IAM::ManagedPolicy", "IAM::OIDCProvider",
        "IAM::Role", "RDS::DBParameterGroup", "RDS::DBProxyTargetGroup", "RDS::DBSubnetGroup",
        "RDS::EventSubscription", "Route53::RecordSet", "S3::BucketPolicy", "SES::ConfigurationSet",
        "SES::ConfigurationSetEventDestination",
        "SNS::Subscription", "SNS::TopicPolicy", "SQS::QueuePolicy", "Scheduler::ScheduleGroup",
        "WAFv2::IPSet",
    )
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource that the stage really makes, and how its template's words are to be read."""

    name: str
    type: str
    properties: Mapping[str, Any]
    stage: Stage
    template: Mapping[str, Any]
    values: Mapping[str, str]
    profile: Profile

    def value(self, name: str) -> Any:
        """A property as the stage has it."""
        return _resolved(self.properties[name], template=self.template, values=self.values)

    def holds(self, name: str) -> bool:
        """Whether a property that may be left to a condition is switched on."""
        return str(self.value(name)).lower() == "true"


def standing(*, stage: Stage, profile: Profile) -> list[Line]:
    """What each priced resource of the stage costs in a month."""
    return [
        Line(group=group, what=f"{one.name}: {what}", usd=usd)
        for one in resources_of(stage=stage, profile=profile)
        if one.type in PRICED
        for group, what, usd in [PRICED[one.type](one)]
        if usd
    ]


def resources_of(*, stage: Stage, profile: Profile) -> Iterator[Resource]:
    """The resources of all stacks that the stage has, without those whose condition does not hold."""
    outputs: dict[str, str] = {}
    for stack in stage.stacks():
        template = template_of(stack)
        values = {**_defaults(stack), **outputs, **stage.values()}
        outputs |= dict.fromkeys(template.get("Outputs", {}), "made")
        for name, one in template["Resources"].items():
            if "Condition" not in one or _holds(one["Condition"], template=template, values=values):
                yield Resource(
                    name=f"{stack.name}.{name}", type=one["Type"], stage=stage, profile=profile,
                    properties=one.get("Properties", {}), template=template, values=values,
                )  # fmt: skip


def _defaults(stack: Stack) -> dict[str, str]:
    declared = template_of(stack).get("Parameters", {})
    return {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}


def _resolved(value: Any, *, template: Mapping[str, Any], values: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping) and "Ref" in value:
        return values.get(value["Ref"], "")
    if isinstance(value, Mapping) and "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        chosen = yes if _holds(condition, template=template, values=values) else no
        return _resolved(chosen, template=template, values=values)
    return value


def _holds(condition: str, *, template: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    return _true(template["Conditions"][condition], template=template, values=values)


def _true(
    what: Mapping[str, Any], *, template: Mapping[str, Any], values: Mapping[str, str]
) -> bool:
    (function, given), *_ = what.items()
    if function == "Condition":
        return _holds(given, template=template, values=values)
    if function == "Fn::Equals":
        left, right = (_resolved(one, template=template, values=values) for one in given)
        return str(left) == str(right)
    parts = [_true(one, template=template, values=values) for one in given]
    return {"Fn::Not": not parts[0], "Fn::And": all(parts), "Fn::Or": any(parts)}[function]


Priced = tuple[str, str, float]


def _nat(_: Resource) -> Priced:
    return "network", "NAT gateway", price("network.nat_hour") * HOURS


def _address(_: Resource) -> Priced:
    return "network", "public address", price("network.address_hour") * HOURS


def _endpoint(one: Resource) -> Priced:
    zones = len(one.properties.get("SubnetIds", []))
    paid = zones if one.properties["VpcEndpointType"] == "Interface" else 0
    return "network", f"endpoint in {zones} zones", price("endpoint.hour") * paid * HOURS


def _database(one: Resource) -> Priced:
    kind, copies = one.value("DBInstanceClass"), 2 if one.holds("MultiAZ") else 1
    gigabytes = max(float(one.value("AllocatedStorage")), one.profile.stored_gb)
    usd = copies * (price(f"database.{kind}.hour") * HOURS + price("database.gb") * gigabytes)
    return "database", f"{kind}, {gigabytes:.0f} GB, zones: {copies}", usd


def _copies(one: Resource) -> Priced:
    """One backup here and one elsewhere; what the nights between differ by comes on top."""
    gigabytes = max(float(one.values["DatabaseStorageGb"]), one.profile.stored_gb)
    return "database", "copies of backups", 2 * price("backup.gb") * gigabytes


def _proxy(one: Resource) -> Priced:
    many = max(2, vcpus(one.values["DatabaseClass"]))
    return "database", f"proxy of {many} vCPUs", price("proxy.vcpu_hour") * many * HOURS


def _cache(one: Resource) -> Priced:
    kind, nodes = one.value("CacheNodeType"), int(one.value("NumCacheClusters"))
    return "database", f"cache, {nodes} x {kind}", price(f"cache.{kind}.hour") * nodes * HOURS


def _search(one: Resource) -> Priced:
    cluster = one.properties["ClusterConfig"]
    kind, nodes = (
        _resolved(cluster[name], template=one.template, values=one.values)
        for name in ("InstanceType", "InstanceCount")
    )
    gigabytes = one.properties["EBSOptions"]["VolumeSize"]
    usd = int(nodes) * (price(f"search.{kind}.hour") * HOURS + price("search.gb") * gigabytes)
    return "database", f"search, {nodes} x {kind}", usd


def _key(_: Resource) -> Priced:
    return "secrets and keys", "key", price("key.month")


def _secret(one: Resource) -> Priced:
    copies = one.value("ReplicaRegions") if "ReplicaRegions" in one.properties else []
    many = 1 + (len(copies) if isinstance(copies, list) else 0)
    return "secrets and keys", "secret", price("secret.month") * many


def _zone(_: Resource) -> Priced:
    return "edge", "zone", price("zone.month")


def _firewall(one: Resource) -> Priced:
    listed = one.properties["Rules"]
    rules = sum(bool(_resolved(rule, template=one.template, values=one.values)) for rule in listed)
    return (
        "edge",
        f"firewall of {rules} rules",
        price("firewall.acl") + rules * price("firewall.rule"),
    )


def _alarm(_: Resource) -> Priced:
    return "observability", "alarm", price("log.alarm")


def _composite(_: Resource) -> Priced:
    return "observability", "alarm of alarms", price("log.composite_alarm")


def _dashboard(_: Resource) -> Priced:
    return "observability", "dashboard", price("log.dashboard")


def _filter(one: Resource) -> Priced:
    many = len(one.properties["MetricTransformations"])
    return "observability", "metric of a log", price("log.metric") * many


def _scaling(one: Resource) -> Priced:
    """Warm instances of a function; what scales a service of containers costs nothing."""
    if one.properties["ServiceNamespace"] != "lambda":
        return "containers", "scaling", 0
    many = int(one.value("MinCapacity"))
    gigabytes = int(one.stage.functions["web"]["memory_mb"]) / 1024
    usd = price("lambda.warm_gb_second") * many * gigabytes * SECONDS
    return "functions", f"{many} warm instances", usd


def _service(one: Resource) -> Priced:
    tasks = int(one.value("DesiredCount"))
    return "containers", f"{tasks} containers", tasks * task_usd(one.stage)


def task_usd(stage: Stage) -> float:
    """A month of one container of the stage's size."""
    cpu = int(stage.parameters["ContainerCpu"]) / 1024
    gigabytes = int(stage.parameters["ContainerMemory"]) / 1024
    hour = price("fargate.vcpu_hour") * cpu + price("fargate.gb_hour") * gigabytes
    return hour * HOURS


PRICED: Mapping[str, Callable[[Resource], Priced]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": _scaling,
    "AWS::Backup::BackupPlan": _copies,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _composite,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::EC2::EIP": _address,
    "AWS::EC2::NatGateway": _nat,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ECS::Service": _service,
    "AWS::ElastiCache::ReplicationGroup": _cache,
    "AWS::KMS::Key": _key,
    "AWS::Logs::MetricFilter": _filter,
    "AWS::OpenSearchService::Domain": _search,
    "AWS::RDS::DBInstance": _database,
    "AWS::RDS::DBProxy": _proxy,
    "AWS::Route53::HostedZone": _zone,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::WAFv2::WebACL": _firewall,
}
