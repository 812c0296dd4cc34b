"""The templates keep the rules, and each rule notices when they do not."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from posixpath import normpath
from typing import Any
from urllib.parse import unquote

import pytest

from infra import lint, stacks
from infra.stacks import EDGE_REGION, STACKS, Stack, read_stage, template_of
from tests.architecture.source import ROOT
from tests.infra import rules
from tests.infra.rules import RULES, Template

BY_NAME = {stack.name: stack for stack in STACKS}
Break = Callable[[dict[str, Any]], None]


def broken(name: str, resource: str, change: Break) -> Template:
    """A template with one resource made worse."""
    template = copy.deepcopy(template_of(BY_NAME[name]))
    change(template["Resources"][resource]["Properties"])
    return template


def without(*keys: str) -> Break:
    def change(properties: dict[str, Any]) -> None:
        for key in keys:
            del properties[key]

    return change


def with_value(key: str, value: Any) -> Break:
    def change(properties: dict[str, Any]) -> None:
        properties[key] = value

    return change


def with_statement(statement: dict[str, Any]) -> Break:
    def change(properties: dict[str, Any]) -> None:
        properties["PolicyDocument"]["Statement"].append(statement)

    return change


def without_statement(sid: str) -> Break:
    def change(properties: dict[str, Any]) -> None:
        found = properties["PolicyDocument"]["Statement"]
        properties["PolicyDocument"]["Statement"] = [one for one in found if one["Sid"] != sid]

    return change


UNDECODED = (
    '[{"Priority": 0, "Type": "URL_DECODE"}, {"Priority": 1, "Type": "NORMALIZE_PATH"}]',
    '[{"Priority": 0, "Type": "NORMALIZE_PATH"}]',
)


def without_order(name: str, resource: str) -> Template:
    """A template whose resource no longer waits for another."""
    template = copy.deepcopy(template_of(BY_NAME[name]))
    del template["Resources"][resource]["DependsOn"]
    return template


def with_text(name: str, resource: str, old: str, new: str) -> Template:
    """A template with other words in a resource."""
    template = copy.deepcopy(template_of(BY_NAME[name]))
    text = json.dumps(template["Resources"][resource])
    assert old in text
    template["Resources"][resource] = json.loads(text.replace(old, new))
    return template


class TestEachTemplate:
    @pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
    def test_keeps_the_rules(self, stack: Stack, rule: Callable[[Template], list[str]]) -> None:
        assert rule(template_of(stack)) == []

    @pytest.mark.parametrize(
        ("rule", "template"),
        [
            (rules.before_the_way_out, without_order("network", "NatAddressB")),
            (rules.before_the_way_out, without_order("network", "PublicRoute")),
            (rules.undecoded_paths, with_text("edge", "Firewall", *UNDECODED)),
            (rules.logs_of_everything, broken("edge", "FirewallLogging", without("LoggingFilter"))),
            (
                rules.searches_for_nothing,
                with_text(
                    "observability",
                    "Dashboard",
                    "QueueName=${Stage}",
                    r"QueueName=\\\"${Stage}-\\\"",
                ),
            ),
            (
                rules.deaf_alarms,
                broken("observability", "WebErrors", with_value("Namespace", "AWS/CloudFront")),
            ),
            (
                rules.queues_without_dead_letters,
                broken("messaging", "Orders", without("RedrivePolicy")),
            ),
            (
                rules.queues_without_dead_letters,
                broken("messaging", "OrdersDeadLetters", without("RedriveAllowPolicy")),
            ),
            (
                rules.logs_kept_for_ever,
                broken("observability", "WebLog", without("RetentionInDays")),
            ),
            (
                rules.open_buckets,
                broken("storage", "Documents", without("PublicAccessBlockConfiguration")),
            ),
            (
                rules.open_buckets,
                broken("storage", "DocumentsPolicy", without_statement("OnlyEncrypted")),
            ),
            (
                rules.wide_rights,
                broken(
                    "roles",
                    "Work",
                    with_statement({"Effect": "Allow", "Action": "s3:*", "Resource": "x"}),
                ),
            ),
            (
                rules.wide_rights,
                broken(
                    "roles",
                    "Work",
                    with_statement(
                        {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}
                    ),
                ),
            ),
            (
                rules.roles_for_anybody,
                broken(
                    "roles",
                    "WebRole",
                    with_value(
                        "AssumeRolePolicyDocument",
                        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}}]},
                    ),
                ),
            ),
            (rules.unencrypted_stores, broken("data", "Database", without("StorageEncrypted"))),
            (
                rules.unencrypted_stores,
                broken("messaging", "Tasks", with_value("SqsManagedSseEnabled", False)),
            ),
            (rules.silent_alarms, broken("observability", "WebErrors", without("AlarmActions"))),
            (
                rules.silent_alarms,
                broken("observability", "WebErrors", with_value("AlarmDescription", "Bad news.")),
            ),
            (
                rules.unexplained,
                {**template_of(BY_NAME["roles"]), "Description": "Some roles."},
            ),
            (
                rules.shared_secrets,
                {**template_of(BY_NAME["data"]), "Parameters": {"DatabasePassword": {}}},
            ),
        ],
        ids=lambda value: value.__name__ if callable(value) else "",
    )
    def test_that_breaks_a_rule_is_noticed(
        self, rule: Callable[[Template], list[str]], template: Template
    ) -> None:
        assert rule(template) != []

    def test_says_of_nothing_else_that_it_knows_no_resource(self) -> None:
        used = {
            action
            for stack in STACKS
            for _, statement in rules.statements(template_of(stack))
            if statement["Effect"] == "Allow" and statement["Resource"] == "*"
            for action in rules.as_list(statement["Action"])
        }

        assert used == set(rules.KNOW_NO_RESOURCE)


@pytest.mark.nightly
def test_a_template_that_cloudformation_cannot_read_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make check` reads all of them."""
    text = BY_NAME["pipeline"].path.read_text().replace("AWS::IAM::Role", "AWS::IAM::Rule", 1)
    infra = shutil.copytree(stacks.FOLDER, tmp_path / "infra")
    shutil.copy(stacks.FOLDER.parent / "zappa_settings.json", tmp_path)
    (infra / "templates" / "pipeline.yaml").write_text(text)
    monkeypatch.setattr(stacks, "FOLDER", infra)

    (found,) = lint.findings(stacks=[BY_NAME["pipeline"]])

    assert "AWS::IAM::Rule" in found


def test_cloudfronts_certificates_and_firewalls_are_where_it_takes_them_from() -> None:
    assert BY_NAME["edge"].region == EDGE_REGION
    assert [
        stack.name
        for stack in STACKS
        for _, one in rules.resources(template_of(stack), "AWS::WAFv2::WebACL")
        if one["Scope"] == "CLOUDFRONT" and stack.region != EDGE_REGION
    ] == []


def test_only_the_edge_may_call_the_api() -> None:
    """The same secret is the API's key and the header that CloudFront adds."""
    gateway, edge = template_of(BY_NAME["gateway"]), template_of(BY_NAME["edge"])
    origins = edge["Resources"]["Shop"]["Properties"]["DistributionConfig"]["Origins"]
    (header,) = origins[0]["OriginCustomHeaders"]

    assert header["HeaderName"] == "x-api-key"
    assert header["HeaderValue"] == gateway["Resources"]["Key"]["Properties"]["Value"]


def test_what_is_cached_for_all_depends_on_what_the_cache_looks_at() -> None:
    """No cookie reaches the shop on these paths, and what the API says in a language of nobody's choice is kept
    by nobody.
    """
    edge = template_of(BY_NAME["edge"])["Resources"]
    config = edge["Shop"]["Properties"]["DistributionConfig"]
    cached = [one for one in config["CacheBehaviors"] if one["TargetOriginId"] == "api"]
    request = edge["AnonymousRequests"]["Properties"]["OriginRequestPolicyConfig"]

    assert {one["PathPattern"] for one in cached} >= {
        "/??/??/", "/*/*/c/*", "/*/*/p/*", "/api/v1/products/*",
    }  # fmt: skip
    assert {one["OriginRequestPolicyId"]["Ref"] for one in cached} == {"AnonymousRequests"}
    assert request["CookiesConfig"] == {"CookieBehavior": "none"}
    assert request["HeadersConfig"]["Headers"] == ["Host", "Accept-Language"]
    assert not any({"POST", "PUT"} & set(one.get("AllowedMethods", [])) for one in cached)


def firewall_rule(name: str) -> dict[str, Any]:
    """A rule of the firewall, one that only some stages have among them."""
    found = template_of(BY_NAME["edge"])["Resources"]["Firewall"]["Properties"]["Rules"]
    (rule,) = (
        one
        for each in found
        for one in (each["Fn::If"][1:] if "Fn::If" in each else [each])
        if one.get("Name") == name
    )
    return rule


def of_aws_waf(statement: dict[str, Any], *, method: str, path: str, office: bool) -> bool:
    """What the firewall makes of a request, for the kinds of statement that the office's rule has."""
    ((kind, what),) = statement.items()
    if kind == "AndStatement":
        return all(
            of_aws_waf(one, method=method, path=path, office=office) for one in what["Statements"]
        )
    if kind == "OrStatement":
        return any(
            of_aws_waf(one, method=method, path=path, office=office) for one in what["Statements"]
        )
    if kind == "NotStatement":
        return not of_aws_waf(what["Statement"], method=method, path=path, office=office)
    if kind == "IPSetReferenceStatement":
        return office
    text = method if "Method" in what["FieldToMatch"] else path
    if any(one["Type"] == "URL_DECODE" for one in what["TextTransformations"]):
        text = unquote(text)
    if any(one["Type"] == "NORMALIZE_PATH" for one in what["TextTransformations"]):
        text = normpath(text).replace("//", "/") + ("/" if text.endswith("/") else "")
    searched = what["SearchString"]
    found: bool = {
        "EXACTLY": text.__eq__,
        "STARTS_WITH": text.startswith,
        "ENDS_WITH": text.endswith,
        "CONTAINS": text.__contains__,
    }[what["PositionalConstraint"]](searched)
    return found


@pytest.mark.parametrize(
    ("method", "path", "blocked"),
    [
        ("GET", "/admin/", True),
        ("GET", "/admin", True),
        ("POST", "/admin/login/", True),
        ("GET", "/%61dmin/orders/order/", True),
        ("GET", "//admin/orders/order/", True),
        ("GET", "/p/../admin/orders/order/", True),
        ("GET", "/admin/login/../orders/order/", True),
        ("GET", "/admin/login/", False),
        ("GET", "/account/", False),
        ("POST", "/checkout/place/", False),
    ],
)
def test_the_back_office_is_for_the_office_where_the_stage_names_one(
    method: str, path: str, blocked: bool
) -> None:
    rule = firewall_rule("office")
    statement = rule["Statement"]

    assert rule["Action"] == {"Block": {}}
    assert of_aws_waf(statement, method=method, path=path, office=False) is blocked
    assert of_aws_waf(statement, method=method, path=path, office=True) is False


@pytest.mark.parametrize(
    ("limit", "path"),
    [
        ("log-ins", "/admin/login/"),
        ("log-ins", "/admin/%6cogin/"),
        ("log-ins", "/%61ccount/log-in/"),
        ("log-ins", "/gb/en/account/log-in/"),
        ("log-ins", "/account//../account/log-in/"),
        ("log-ins", "/api/v1/%74okens/"),
        ("placements", "/api/v1/orders/"),
        ("placements", "/api/v1/%6frders/"),
        ("placements", "/checkout/../checkout/place/"),
        ("placements", "/gb/en/checkout/pl%61ce/"),
    ],
)
def test_no_way_of_writing_a_path_steps_round_a_limit(limit: str, path: str) -> None:
    counted = firewall_rule(limit)["Statement"]["RateBasedStatement"]["ScopeDownStatement"]

    assert of_aws_waf(counted, method="POST", path=path, office=False)
    assert not of_aws_waf(counted, method="GET", path=path, office=False)


def test_who_releases_is_let_through_after_the_office_and_before_any_limit() -> None:
    rules_ = template_of(BY_NAME["edge"])["Resources"]["Firewall"]["Properties"]["Rules"]
    named = [one["Fn::If"][1] if "Fn::If" in one else one for one in rules_]
    order = [one["Name"] for one in sorted(named, key=lambda one: int(one["Priority"]))]

    assert order[:2] == ["office", "releases"]
    assert len({one["Priority"] for one in named}) == len(named)


def test_nobody_makes_himself_an_account_of_the_pool() -> None:
    (pool,) = (one for _, one in rules.resources(template_of(BY_NAME["identity"]), "AWS::Cognito::UserPool"))  # fmt: skip

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


def test_what_is_counted_in_a_log_calls_somebody() -> None:
    observability = template_of(BY_NAME["observability"])
    counted = {
        one["MetricTransformations"][0]["MetricName"]["Fn::Sub"]
        for _, one in rules.resources(observability, "AWS::Logs::MetricFilter")
    }
    watched = [
        one["MetricName"].get("Fn::Sub")
        for _, one in rules.resources(observability, "AWS::CloudWatch::Alarm")
        if isinstance(one.get("MetricName"), dict)
    ]

    assert len(counted) == 4
    assert counted - set(watched) == set()


def test_a_release_is_judged_by_the_errors_that_shoppers_and_staff_see() -> None:
    found = template_of(BY_NAME["observability"])["Resources"]
    rule = found["ReleaseUnhealthy"]["Properties"]["AlarmRule"]["Fn::Sub"]

    for function in ("Web", "Office"):
        (name,) = (
            name
            for name, one in rules.resources({"Resources": found}, "AWS::CloudWatch::Alarm")
            if one.get("MetricName") == "5XXError"
            and one["Dimensions"][0]["Value"] == {"Ref": f"{function}Function"}
        )
        assert f"${{{name}}}" in rule


@pytest.mark.parametrize("path", ["/api/v1/orders/", "/checkout/place/"])
def test_placing_an_order_is_limited_by_address_at_the_edge(path: str) -> None:
    from django.urls import resolve

    rule = firewall_rule("placements")

    assert resolve(path)
    assert f"'{path}'" in str(rule["Statement"]["RateBasedStatement"]["ScopeDownStatement"])


def test_every_alarm_has_its_run_book() -> None:
    headings = (ROOT / "docs" / "operations.md").read_text().splitlines()
    written = {line.removeprefix("### ") for line in headings if line.startswith("### ")}

    assert {book for stack in STACKS for book in rules.run_books(template_of(stack))} == written


def test_the_page_tells_of_every_stack_and_parameter() -> None:
    page = (ROOT / "docs" / "infrastructure.md").read_text()
    by_stage = read_stage("production").parameters

    assert [stack.name for stack in STACKS if f"| `{stack.name}` |" not in page] == []
    assert [name for name in by_stage if f"`{name}`" not in page] == []
