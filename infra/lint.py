"""`python -m infra.lint`: reads each template as cfn-lint does, which knows the schema of every type."""

import sys
from collections.abc import Iterable, Iterator

from infra.stacks import STACKS, Stack, read_stage


def findings(*, stacks: Iterable[Stack] = STACKS) -> Iterator[str]:
    """What CloudFormation would not take, a line each with file and place; it asks no network."""
    from cfnlint.api import ManualArgs, lint_by_config  # noqa: PLC0415 - it takes seconds to load

    home = read_stage("production").region
    for stack in stacks:
        arguments = ManualArgs(templates=[str(stack.path)], regions=[stack.region or home])
        yield from map(str, lint_by_config(arguments))


if __name__ == "__main__":
    sys.exit("\n".join(findings()) or None)
