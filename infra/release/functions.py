"""The functions' versions and the alias that callers call: a release is live once the alias has moved.

The alias remembers in its description which versions it stood on before, the last one first.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.release.account import client
from infra.release.errors import ReleaseFailed

_REMEMBERED = 10
_BEFORE = "before: "


def exists(*, name: str, region: str) -> bool:
    """Whether there is such a function, or `name:version` of it."""
    try:
        client("lambda", region=region).get_function_configuration(FunctionName=name)
    except ClientError as error:
        if _is_missing(error):
            return False
        raise
    return True


def publish(*, name: str, region: str) -> str:
    """Fix code and settings as they are now as a version; the last one again when nothing has changed."""
    functions = client("lambda", region=region)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)
    version: str = functions.publish_version(FunctionName=name)["Version"]
    functions.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version)
    return version


def live_version(*, name: str, alias: str, region: str) -> str | None:
    """The version that callers reach; None before the first release."""
    found = _alias(name=name, alias=alias, region=region)
    return found["FunctionVersion"] if found else None


def revision(*, name: str, alias: str, region: str) -> str:
    """What AWS calls the alias as it is now, which changes with it; empty before the first release."""
    found = _alias(name=name, alias=alias, region=region)
    return str(found.get("RevisionId", "")) if found else ""


def go_live(*, name: str, alias: str, version: str, region: str, since: str = "") -> bool:
    """Let every caller reach this version from now on; whether they reached one before, which is remembered.

    Raises ReleaseFailed where somebody has moved the alias after its revision `since`.
    """
    functions = client("lambda", region=region)
    found = _alias(name=name, alias=alias, region=region)
    wanted = {"FunctionName": name, "Name": alias, "FunctionVersion": version}
    if found is None:
        functions.create_alias(**wanted, Description=_BEFORE)
        return False
    before = [found["FunctionVersion"], *_versions_before(found)][:_REMEMBERED]
    expected = {"RevisionId": since} if since else {}
    try:
        functions.update_alias(**wanted, **expected, Description=_BEFORE + " ".join(before))
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailedException":
            raise
        raise ReleaseFailed(
            f"Somebody else has released {name} meanwhile: look, then try again."
        ) from error
    return True


def version_before(*, name: str, alias: str, region: str) -> str:
    """Where going back would lead. Raises ReleaseFailed when there was none, or it is no longer kept."""
    found = _alias(name=name, alias=alias, region=region)
    before = _versions_before(found) if found else []
    if not before:
        raise ReleaseFailed(f"{name} has no version before: release again what is to run.")
    if not exists(name=f"{name}:{before[0]}", region=region):
        raise ReleaseFailed(f"Version {before[0]} of {name} is no longer kept.")
    return before[0]


def go_back(*, name: str, alias: str, region: str) -> str:
    """Let every caller reach the version before, and return it. Raises ReleaseFailed as `version_before`."""
    version = version_before(name=name, alias=alias, region=region)
    found = _alias(name=name, alias=alias, region=region)
    _, *others = _versions_before(found or {})
    client("lambda", region=region).update_alias(
        FunctionName=name,
        Name=alias,
        FunctionVersion=version,
        Description=_BEFORE + " ".join(others),
    )
    return version


def invoke(
    *, name: str, region: str, event: Mapping[str, Any], qualifier: str = "$LATEST"
) -> dict[str, Any]:
    """Let a function answer one event, and return the answer with the end of its `log` (4 KB).

    Raises ReleaseFailed with the end of its log, in which personal data and secrets are masked.
    """
    answer = client("lambda", region=region).invoke(
        FunctionName=name,
        Qualifier=qualifier,
        Payload=json.dumps(event).encode(),
        LogType="Tail",
    )
    body = json.loads(answer["Payload"].read() or b"null")
    log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
    if "FunctionError" in answer:
        raise ReleaseFailed(f"{name} failed:\n{log}")
    return {**body, "log": log} if isinstance(body, dict) else {"log": log}


def _alias(*, name: str, alias: str, region: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client("lambda", region=region).get_alias(
            FunctionName=name, Name=alias
        )
    except ClientError as error:
        if _is_missing(error):
            return None
        raise
    return found


def _versions_before(alias: Mapping[str, Any]) -> list[str]:
    described = str(alias.get("Description", ""))
    return described.removeprefix(_BEFORE).split() if described.startswith(_BEFORE) else []


def _is_missing(error: ClientError) -> bool:
    code: str = error.response["Error"]["Code"]
    return code == "ResourceNotFoundException"
