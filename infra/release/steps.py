"""The steps of a release, in their order; each can be done again, and the first that fails ends it."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

from infra.release import cloudformation, code, files, functions, names, smoke, zappa
from infra.release.cloudformation import Deployment
from infra.release.errors import ReleaseFailed
from infra.release.releasing import ROOT, Release, is_others, learn, learn_apis, shop_of, static_of
from infra.stacks import (
    FUNCTIONS,
    MissingParameter,
    Stack,
    Stage,
    parameters_of,
    placeholders_of,
    template_of,
    zappa_settings,
    zappa_stage,
)

PYTHON = zappa_settings("base")["runtime"].removeprefix("python")


def look(release: Release) -> Iterator[str]:
    """Learn what there is of the stage."""
    for stack in release.stage.stacks():
        learn(release, stack)
    learn_apis(release)
    yield f"{len(release.outputs)} facts"


def check_values(release: Release) -> Iterator[str]:
    """Whether somebody has filled in what only its owner knows of the stage. Raises ReleaseFailed."""
    found = [] if release.is_emulated else placeholders_of(release.stage)
    if found:
        where = f"infra/stages/{release.stage.name}.json"
        raise ReleaseFailed(f"{where} is not filled in:\n" + "\n".join(f"  {one}" for one in found))
    yield "nothing is left open"


def plan(release: Release) -> Iterator[str]:
    """What a release would change, and nothing is changed."""
    for stack in release.stage.stacks():
        if is_others(release, stack):
            continue
        yield from (f"{stack.name}: {line}" for line in _plan_stack(release, stack))
        learn(release, stack)
    for function in FUNCTIONS:
        name = release.name_of(function)
        found = functions.exists(name=name, region=release.region)
        yield f"{name}: {'updated, and called when it answers' if found else 'made'}"


def make_base(release: Release) -> Iterator[str]:
    """Every stack that must be there before the functions; alarms of a new stage keep quiet.

    Raises ReleaseFailed after making a new domain, which somebody must delegate first.
    """
    quiet = replace(release.stage, parameters={**release.stage.parameters, "AlarmActions": "false"})
    stage = quiet if release.is_new() else release.stage
    for stack in stage.stacks():
        if not stack.after_functions:
            is_there = cloudformation.outputs_of(
                name=stage.stack_name(stack), region=stack.region or release.region
            )
            yield from _make_stack(release, stack, stage=stage)
            if stack.name == "domain" and is_there is None and not release.is_emulated:
                raise ReleaseFailed(names.delegation(release.outputs, region=release.region))


def build_package(release: Release) -> Iterator[str]:
    """Make the package, and put it where the functions take it from."""
    if release.package is None:
        release.package = ROOT / "var" / "package" / "shop.zip"
        _run("-m", "dev.packaging", "--python", PYTHON, "--to", str(release.package))
    release.outputs["Package"] = files.upload_package(
        package=release.package, bucket=release.outputs["PackageBucket"], region=release.region
    )
    yield release.outputs["Package"]


def upload_static(release: Release) -> Iterator[str]:
    """Put the files that the new pages name, before anybody is shown one of them."""
    assert release.package is not None, "the package is made before"
    put, all_of_them = files.upload_static(
        folder=release.package.with_name("static"),
        bucket=release.outputs["StaticBucket"],
        region=release.region,
    )
    yield f"{put} of {all_of_them} files are new"


def write_settings(release: Release) -> Iterator[str]:
    """Write what Zappa's own commands read, from what the stage is now."""
    yield str(release.settings())


def make_bound(release: Release) -> Iterator[str]:
    """The stacks that need the functions: what calls them, their names, the edge."""
    for stack in release.stage.stacks():
        if stack.after_functions:
            yield from _make_stack(release, stack, stage=release.stage)


def check_shop(release: Release) -> Iterator[str]:
    """Ask the new release what shoppers ask. Raises ReleaseFailed with the first wrong answer."""
    yield from smoke.check(shop_of(release), has_static=static_of(release))


def turn_alarms_on(release: Release) -> Iterator[str]:
    """From now on an alarm calls somebody, if the stage wants that."""
    for stack in release.stage.stacks():
        if "AlarmActions" in template_of(stack).get("Parameters", {}):
            yield from _make_stack(release, stack, stage=release.stage)


def destroy(release: Release) -> Iterator[str]:
    """Take away all that a release made, the other way round.

    Raises ReleaseFailed for a stage that is protected.
    """
    if release.stage.parameters["DeletionProtection"] == "true":
        raise ReleaseFailed(
            f"{release.stage.name} is protected: set DeletionProtection to false in its file, "
            "release it, and only then destroy it."
        )
    stacks = release.stage.stacks()
    for stack in reversed([one for one in stacks if one.after_functions]):
        yield _delete_stack(release, stack)
    for function in FUNCTIONS:
        name = release.name_of(function)
        if functions.exists(name=name, region=release.region):
            zappa.undeploy(
                zappa_stage=zappa_stage(stage=release.stage.name, function=function),
                settings=release.settings(),
            )
            yield f"{name} is gone"
    for stack in reversed([one for one in stacks if not one.after_functions]):
        _empty(release, stack)
        yield _delete_stack(release, stack)


def _make_stack(release: Release, stack: Stack, *, stage: Stage) -> Iterator[str]:
    if not is_others(release, stack):
        deployment = _deployment(release, stack, stage=stage)
        for line in cloudformation.make(deployment) or ["as it should be"]:
            yield f"{stack.name}: {line}"
    learn(release, stack)


def _plan_stack(release: Release, stack: Stack) -> list[str]:
    try:
        deployment = _deployment(release, stack, stage=release.stage)
    except MissingParameter:
        # An earlier stack, which is not there yet either, will give what it asks for.
        return [f"made, with {len(template_of(stack)['Resources'])} resources"]
    return cloudformation.plan(deployment)


def _deployment(release: Release, stack: Stack, *, stage: Stage) -> Deployment:
    return Deployment(
        name=stage.stack_name(stack),
        region=stack.region or release.region,
        template=stack.path.read_text(),
        parameters=parameters_of(stack=stack, stage=stage, outputs=release.outputs),
        may_lose=release.may_lose,
        # A pipeline has no right to change it.
        is_protected=None
        if release.only_code
        else stage.parameters["DeletionProtection"] == "true",
    )


def _empty(release: Release, stack: Stack) -> None:
    """CloudFormation deletes neither a bucket nor a zone in which others left something."""
    told = {
        output: release.outputs[output]
        for output in template_of(stack).get("Outputs", {})
        if output in release.outputs
    }
    for output, value in told.items():
        if output in {"StaticBucket", "MediaBucket", "DocumentsBucket", "PackageBucket"}:
            files.empty(bucket=value, region=release.region)
        if output == "HostedZoneId":
            names.forget_proofs(zone=value, region=release.region)


def _delete_stack(release: Release, stack: Stack) -> str:
    name = release.stage.stack_name(stack)
    cloudformation.delete(name=name, region=stack.region or release.region)
    return f"{name} is gone"


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False)
    if done.returncode:
        raise ReleaseFailed("The package could not be made, see above.")


STEPS_OF_DEPLOYMENT = (
    ("values", check_values),
    ("quota", code.check_quota),
    ("base stacks", make_base),
    ("package", build_package),
    ("static files", upload_static),
    ("new code", code.update_code),
    ("migrations", code.migrate),
    ("functions go live", code.go_live),
    ("bindings, names and edge", make_bound),
    ("smoke test", check_shop),
    ("alarms", turn_alarms_on),
)
