"""A stack, made or changed by a change set, so that what is done is what was shown."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra.release.account import client
from infra.release.errors import ReleaseFailed

Parameters = Sequence[Mapping[str, str]]
# Never made whole: CloudFormation can only delete them.
_STILLBORN = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"}
_NOTHING = ("didn't contain changes", "No updates are to be performed")
_UNDER_WAY = ("_PENDING", "_IN_PROGRESS")
# Seconds: CloudFront, a database with its last snapshot, a network whose functions are just gone.
_PATIENCE = 3600
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_REPLACEMENTS = {"True": ", which replaces it", "Conditional": ", which may replace it"}
# What nobody can make again as it was: its data, messages or names are gone with it.
IRREPLACEABLE = frozenset(
    f"AWS::{name}"
    for name in (
        "Cognito::UserPool", "ECR::Repository", "KMS::Key", "RDS::DBInstance", "Route53::HostedZone",
        "S3::Bucket", "SecretsManager::Secret", "SQS::Queue",
    )
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A template under its name in a region, with the values of its parameters.

    `may_lose` names the resources (logical ids) that may be replaced or removed although they are
    irreplaceable; `is_protected` keeps the whole stack from being deleted, None leaves that as it is.
    """

    name: str
    region: str
    template: str
    parameters: Parameters
    may_lose: frozenset[str] = frozenset()
    is_protected: bool | None = None


def outputs_of(*, name: str, region: str) -> dict[str, str] | None:
    """The outputs of a stack; None when there is no such stack, or it was never made whole."""
    found = _describe(name=name, region=region)
    if found is None or found["StackStatus"] in _STILLBORN:
        return None
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def plan(deployment: Deployment) -> list[str]:
    """What making the stack would change, a line for each resource; nothing is changed."""
    if outputs_of(name=deployment.name, region=deployment.region) is None:
        return ["the whole stack is made"]
    change_set = _propose(deployment, kind="UPDATE")
    if change_set is None:
        return []
    _cloudformation(deployment).delete_change_set(
        ChangeSetName=change_set["ChangeSetId"], StackName=deployment.name
    )
    return lines_of(change_set)


def make(deployment: Deployment) -> list[str]:
    """Make the stack or bring it up to date, and tell what was changed.

    Raises ReleaseFailed, and has changed nothing where something irreplaceable would be lost.
    """
    found = _settled(name=deployment.name, region=deployment.region)
    if found is not None and found["StackStatus"] in _STILLBORN:
        delete(name=deployment.name, region=deployment.region)
        found = None
    kind = "CREATE" if found is None else "UPDATE"
    change_set = _propose(deployment, kind=kind)
    if change_set is not None:
        _execute(deployment, change_set, kind=kind)
    _protect(deployment)
    if change_set is None:
        return []
    return lines_of(change_set) if kind == "UPDATE" else ["the whole stack is made"]


def _execute(deployment: Deployment, change_set: Mapping[str, Any], *, kind: str) -> None:
    names = {"ChangeSetName": change_set["ChangeSetId"], "StackName": deployment.name}
    if lost := sorted(losses_of(change_set) - deployment.may_lose):
        _cloudformation(deployment).delete_change_set(**names)
        options = " ".join(f"--lose {one}" for one in lost)
        raise ReleaseFailed(
            f"{deployment.name} would or might lose what nobody can make again: {', '.join(lost)}. Nothing was "
            f'changed. If that is meant: OPTIONS="{options}", once there is a copy.'
        )
    _cloudformation(deployment).execute_change_set(**names)
    _wait(
        name=deployment.name,
        region=deployment.region,
        waiter=f"stack_{kind.lower()}_complete",
        done="made",
    )


def losses_of(change_set: Mapping[str, Any]) -> set[str]:
    """The irreplaceable resources (logical ids) that a change set would, or might, replace or remove."""
    changes = [one["ResourceChange"] for one in change_set["Changes"]]
    return {
        one["LogicalResourceId"]
        for one in changes
        if one["ResourceType"] in IRREPLACEABLE and (one["Action"] == "Remove" or _fate(one))
    }


def _fate(change: Mapping[str, Any]) -> str:
    """What becomes of the resource itself. Where that hangs on a value that only the execution knows,
    CloudFormation calls the replacement conditional, or the whole change dynamic.
    """
    if change["Action"] == "Dynamic":
        return ", which may replace or remove it"
    return _REPLACEMENTS.get(change.get("Replacement", "False"), "")


def _protect(deployment: Deployment) -> None:
    """Let nobody delete the stack by a slip in a console, until the stage says so."""
    if deployment.is_protected is None:
        return
    found = _describe(name=deployment.name, region=deployment.region) or {}
    if bool(found.get("EnableTerminationProtection")) != deployment.is_protected:
        _cloudformation(deployment).update_termination_protection(
            StackName=deployment.name, EnableTerminationProtection=deployment.is_protected
        )


def delete(*, name: str, region: str) -> None:
    """Delete a stack with all that is in it; one that is not there is no error. Raises ReleaseFailed."""
    cloudformation = client("cloudformation", region=region)
    cloudformation.delete_stack(StackName=name)
    _wait(name=name, region=region, waiter="stack_delete_complete", done="deleted")


def _settled(*, name: str, region: str) -> dict[str, Any] | None:
    """The stack, once whatever an earlier release has begun with it is over."""
    deadline = time.monotonic() + _PATIENCE
    while (found := _describe(name=name, region=region)) and time.monotonic() < deadline:
        status = found["StackStatus"]
        if status == "REVIEW_IN_PROGRESS" or not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(5)
    return found


def _propose(deployment: Deployment, *, kind: str) -> dict[str, Any] | None:
    """A change set that waits for its execution; None when it would change nothing."""
    cloudformation = _cloudformation(deployment)
    made = cloudformation.create_change_set(
        StackName=deployment.name,
        ChangeSetName=f"release-{time.time_ns()}",
        ChangeSetType=kind,
        TemplateBody=deployment.template,
        Parameters=deployment.parameters,
        Capabilities=_CAPABILITIES,
    )
    names = {"ChangeSetName": made["Id"], "StackName": deployment.name}
    while (change_set := _whole_change_set(deployment, names))["Status"].endswith(_UNDER_WAY):
        time.sleep(1)
    if change_set["Status"] != "FAILED":
        return change_set
    cloudformation.delete_change_set(**names)
    reason = change_set.get("StatusReason", "")
    if any(words in reason for words in _NOTHING):
        return None
    raise ReleaseFailed(f"{deployment.name}: {reason}")


def _whole_change_set(deployment: Deployment, names: Mapping[str, str]) -> dict[str, Any]:
    """A change set with all of its changes, which come in pages."""
    pages = _cloudformation(deployment).get_paginator("describe_change_set").paginate(**names)
    whole: dict[str, Any] = pages.build_full_result()
    return whole


def lines_of(change_set: Mapping[str, Any]) -> list[str]:
    """What a change set would do, a line for each resource."""
    changes = [one["ResourceChange"] for one in change_set["Changes"]]
    return [
        f"{one['Action'].lower()} {one['LogicalResourceId']} ({one['ResourceType']})" + _fate(one)
        for one in changes
    ]


def _wait(*, name: str, region: str, waiter: str, done: str) -> None:
    delay = _delay(name=name, region=region)
    try:
        client("cloudformation", region=region).get_waiter(waiter).wait(
            StackName=name, WaiterConfig={"Delay": delay, "MaxAttempts": _PATIENCE // delay}
        )
    except WaiterError as error:
        reasons = _reasons(name=name, region=region)
        raise ReleaseFailed(f"The stack {name} is not {done}:\n{reasons}") from error


def _delay(*, name: str, region: str) -> int:
    """Seconds between two looks: a stack that is done when it is first looked at is not waited for."""
    found = _describe(name=name, region=region)
    return 5 if found and found["StackStatus"].endswith("_IN_PROGRESS") else 1


def _reasons(*, name: str, region: str) -> str:
    """What CloudFormation says of each resource that failed, the first one first."""
    cloudformation = client("cloudformation", region=region)
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [
        f"  {one['LogicalResourceId']}: {one.get('ResourceStatusReason', 'no reason given')}"
        for one in reversed(events)
        if one["ResourceStatus"].endswith("_FAILED")
    ]
    return "\n".join(failed) or "  it is still at it; look at its events"


def _describe(*, name: str, region: str) -> dict[str, Any] | None:
    try:
        found = client("cloudformation", region=region).describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    stack: dict[str, Any] = found["Stacks"][0]
    return stack


def _cloudformation(deployment: Deployment) -> Any:
    return client("cloudformation", region=deployment.region)
