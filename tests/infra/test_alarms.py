"""What an on-call must hear of, each by the figure that tells it, and what a release is judged by."""

from typing import Any

import pytest

from infra.stacks import STACKS, STAGES, read_stage, template_of
from tests.infra.rules import resources

BY_NAME = {stack.name: template_of(stack) for stack in STACKS}


def alarms(stack: str) -> dict[str, dict[str, Any]]:
    return dict(resources(BY_NAME[stack], "AWS::CloudWatch::Alarm"))


def figures_of(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    """The namespace and name of each figure that an alarm looks at."""
    stats = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one]
    found = stats if "Metrics" in alarm else [alarm]
    return {(one["Namespace"], str(one["MetricName"])) for one in found}


@pytest.mark.parametrize(
    ("stack", "namespace", "figure"),
    [
        ("observability", "Shop", "OrdersAccepted"),
        ("observability", "Shop", "OrdersProcessed"),
        ("observability", "Shop", "OrdersUnaccounted"),
        ("observability", "Shop", "TracesUnsent"),
        ("observability", "Shop", "GuestUnitsRefused"),
        ("observability", "Shop", "PruneFailures"),
        ("observability", "Shop", "BrokenInvariants"),
        ("observability", "Shop", "BrokenInvariantsOverall"),
        ("observability", "AWS/ApiGateway", "4XXError"),
        ("observability", "AWS/ApiGateway", "5XXError"),
        ("observability", "AWS/SES", "Reputation.BounceRate"),
        ("observability", "AWS/SES", "Reputation.ComplaintRate"),
        ("observability", "AWS/SNS", "NumberOfNotificationsFailed"),
        ("observability", "AWS/Lambda", "RecursiveInvocationsDropped"),
        ("observability", "AWS/RDS", "DatabaseConnectionsCurrentlySessionPinned"),
        ("observability", "AWS/RDS", "DatabaseConnectionsBorrowLatency"),
        ("observability", "AWS/RDS", "FreeableMemory"),
        ("observability", "AWS/RDS", "CPUCreditBalance"),
        ("edge", "AWS/CloudFront", "5xxErrorRate"),
        ("edge", "AWS/CloudFront", "4xxErrorRate"),
        ("edge", "AWS/CertificateManager", "DaysToExpiry"),
    ],
)
def test_somebody_is_called(stack: str, namespace: str, figure: str) -> None:
    heard = {one for alarm in alarms(stack).values() for one in figures_of(alarm)}

    assert (namespace, figure) in heard


@pytest.mark.parametrize(("figure", "threshold"), [("OrdersUnaccounted", 0), ("TracesUnsent", 0)])
def test_one_lost_order_is_enough(figure: str, threshold: int) -> None:
    (found,) = (one for one in alarms("observability").values() if one.get("MetricName") == figure)

    assert (found["Threshold"], found["EvaluationPeriods"]) == (threshold, 1)
    assert found["ComparisonOperator"] == "GreaterThanThreshold"


@pytest.mark.parametrize("figure", ["BrokenInvariantsOverall", "StockDrift", "PruneFailures"])
def test_what_is_recorded_once_a_night_is_not_over_an_hour_later(figure: str) -> None:
    """Without a figure it stays as it is: only the next night, or a person, can say that it is mended."""
    (found,) = (one for one in alarms("observability").values() if one.get("MetricName") == figure)

    assert found["TreatMissingData"] == "ignore"
    assert found["OKActions"]


def test_nobody_is_told_that_broken_promises_hold_by_a_check_of_other_rows() -> None:
    assert "OKActions" not in alarms("observability")["BrokenPromises"]


def test_silence_is_an_alarm_where_somebody_always_buys() -> None:
    found = alarms("observability")["NoOrders"]
    template = BY_NAME["observability"]

    assert found["TreatMissingData"] == "breaching"
    assert template["Resources"]["NoOrders"]["Condition"] == "ExpectsOrders"
    assert int(read_stage("production").parameters["QuietSeconds"]) > 0
    for stage in STAGES:
        # CloudWatch takes whole minutes, up to a day.
        quiet = int(read_stage(stage).parameters["QuietSeconds"])
        assert (quiet % 60, quiet <= 86_400) == (0, True)


def test_a_release_that_refuses_everybody_is_taken_back() -> None:
    rule = BY_NAME["observability"]["Resources"]["ReleaseUnhealthy"]["Properties"]["AlarmRule"]

    assert "${ApiRefuses}" in rule["Fn::Sub"]


def test_the_edges_alarms_call_a_topic_of_their_own_region() -> None:
    edge = BY_NAME["edge"]["Resources"]

    assert all(one["AlarmActions"] == [{"Ref": "AlarmTopic"}] for one in alarms("edge").values())
    assert edge["AlarmTopic"]["Type"] == "AWS::SNS::Topic"
    assert edge["AlarmMail"]["Properties"]["Endpoint"] == {"Ref": "AlarmEmail"}


def test_mail_has_a_sender_in_the_shops_name_and_figures_of_its_own() -> None:
    domain = BY_NAME["domain"]["Resources"]
    sender = domain["Sender"]["Properties"]["MailFromAttributes"]["MailFromDomain"]
    records = dict(resources(BY_NAME["domain"], "AWS::Route53::RecordSet"))

    assert sender == records["SpfRecord"]["Name"] == records["ReturnedMails"]["Name"]
    assert (records["SpfRecord"]["Type"], records["ReturnedMails"]["Type"]) == ("TXT", "MX")
    told = domain["MailFigures"]["Properties"]["EventDestination"]["MatchingEventTypes"]
    assert {"bounce", "complaint"} <= set(told)
