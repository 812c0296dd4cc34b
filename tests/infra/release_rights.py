"""The right that each call of a release needs, and the rights that the release's role has."""

from collections.abc import Iterable

from infra.stacks import STACKS, template_of
from tests.infra.rules import as_list, statements

(PIPELINE,) = (template_of(stack) for stack in STACKS if stack.name == "pipeline")
_NAMED_OTHERWISE = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
}
_VERBS = {"Get": "GET", "Create": "POST", "Put": "PUT", "Update": "PATCH", "Delete": "DELETE"}
# Nobody can be refused this.
_FREE = {"sts:GetCallerIdentity"}


def needed(calls: Iterable[str]) -> set[str]:
    """The rights without which the calls (`lambda:Invoke`) would be refused."""
    return {_right_of(call) for call in calls} - _FREE


def granted() -> set[str]:
    """What the role of a release may do."""
    return {
        action
        for name, statement in statements(PIPELINE)
        if name.startswith("Release") and statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
    }


def _right_of(call: str) -> str:
    service, _, operation = call.partition(":")
    if service == "apigateway":
        return next(
            f"apigateway:{method}" for verb, method in _VERBS.items() if operation.startswith(verb)
        )
    return _NAMED_OTHERWISE.get(call, call)
