"""The steps of a release, in their order; each can be done again, and the first that fails ends it."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from infra.release import cloudformation, files, functions, names, smoke, zappa
from infra.release.cloudformation import Deployment
from infra.release.errors import ReleaseFailed
from infra.release.releasing import ROOT, Release, api_id, is_others, learn, shop_of, static_of
from infra.stacks import (
    FUNCTIONS,
    MissingParameter,
    Stack,
    Stage,
    parameters_of,
    template_of,
    zappa_settings,
    zappa_stage,
)

# How long a migration may wait for a lock that shoppers hold, before it gives way to them.
_LOCK_SECONDS = 5
_MIGRATIONS_TRIED = 3
PYTHON = zappa_settings("base")["runtime"].removeprefix("python")
# Callers of the worker come first: what the new pages send, it must already understand.
_GO_LIVE = ("worker", "office", "web")


def plan(release: Release) -> Iterator[str]:
    """What a release would change, and nothing is changed."""
    for stack in release.stage.stacks():
        if is_others(release, stack):
            continue
        yield from (f"{stack.name}: {line}" for line in _plan_stack(release, stack))
        learn(release, stack)
    for function in _GO_LIVE:
        name = release.name_of(function)
        found = functions.exists(name=name, region=release.region)
        yield f"{name}: {'updated, and called when it answers' if found else 'made'}"


def make_base(release: Release) -> Iterator[str]:
    """Every stack that must be there before the functions; alarms of a new stage keep quiet."""
    quiet = replace(release.stage, parameters={**release.stage.parameters, "AlarmActions": "false"})
    stage = quiet if release.is_new() else release.stage
    for stack in stage.stacks():
        if not stack.after_functions:
            yield from _make_stack(release, stack, stage=stage)


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


def update_code(release: Release) -> Iterator[str]:
    """Give the functions their new code, side by side; nobody calls it yet."""
    settings, package = release.settings(), release.outputs["Package"]
    changes = {
        function: zappa.update
        if functions.exists(name=release.name_of(function), region=release.region)
        else zappa.deploy
        for function in FUNCTIONS
    }

    def change(function: str) -> None:
        stage = zappa_stage(stage=release.stage.name, function=function)
        changes[function](zappa_stage=stage, settings=settings, package=package)

    with ThreadPoolExecutor(len(changes)) as side_by_side:
        list(side_by_side.map(change, changes))
    yield f"{', '.join(map(release.name_of, FUNCTIONS))} have it"


def migrate(release: Release) -> Iterator[str]:
    """Bring the tables up to date by the new code, while the old one runs; shoppers go first."""
    event = {"manage": f"migrate --noinput --lock-timeout {_LOCK_SECONDS}"}
    for attempt in range(1, _MIGRATIONS_TRIED + 1):
        try:
            functions.invoke(name=release.name_of("worker"), region=release.region, event=event)
        except ReleaseFailed:
            if attempt == _MIGRATIONS_TRIED:
                raise
            yield f"attempt {attempt} failed; once more"
        else:
            yield "the tables are as the new code wants them"
            return


def go_live(release: Release) -> Iterator[str]:
    """Let callers reach the new code, once every function has been asked whether it can answer."""
    region, versions = release.region, {}
    for function in _GO_LIVE:
        versions[function] = functions.publish(name=release.name_of(function), region=region)
        _try_version(release, function=function, version=versions[function])
    for function, version in versions.items():
        name, alias = release.name_of(function), release.alias_of(function)
        if functions.go_live(name=name, alias=alias, version=version, region=region):
            release.moved.append(function)
        yield f"{name} version {version} is live"
    release.outputs["ApiId"] = api_id(release, "web")
    release.outputs["OfficeApiId"] = api_id(release, "office")


def make_bound(release: Release) -> Iterator[str]:
    """The stacks that need the functions: what calls them, their names, the edge."""
    for stack in release.stage.stacks():
        if stack.after_functions:
            yield from _make_stack(release, stack, stage=release.stage)


def check_shop(release: Release) -> Iterator[str]:
    """The smoke test."""
    yield from smoke.check(shop_of(release), has_static=static_of(release))


def check_release(release: Release) -> Iterator[str]:
    """The smoke test of what has just gone live; when it fails, callers are led back."""
    try:
        yield from check_shop(release)
    except ReleaseFailed as failure:
        yield f"it fails: {failure}"
        yield from _lead_back(release, release.moved)
        raise ReleaseFailed("callers reach what they reached before") from failure


def turn_alarms_on(release: Release) -> Iterator[str]:
    """From now on an alarm calls somebody, if the stage wants that."""
    for stack in release.stage.stacks():
        if "AlarmActions" in template_of(stack).get("Parameters", {}):
            yield from _make_stack(release, stack, stage=release.stage)


def roll_back(release: Release) -> Iterator[str]:
    """Let callers reach the versions before; the tables stay, for the code before runs on them."""
    yield from _lead_back(release, _GO_LIVE)


def destroy(release: Release) -> Iterator[str]:
    """Take away all that a release made, the other way round."""
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


def _lead_back(release: Release, moved: Sequence[str]) -> Iterator[str]:
    """All of them or none: the code of two releases is not meant to run side by side for long."""
    region = release.region
    for function in moved:
        functions.version_before(
            name=release.name_of(function), alias=release.alias_of(function), region=region
        )
    for function in reversed(moved):
        name, alias = release.name_of(function), release.alias_of(function)
        version = functions.go_back(name=name, alias=alias, region=region)
        yield f"{name} went back to version {version}"


def _try_version(release: Release, *, function: str, version: str) -> None:
    """Ask a version that nobody calls yet. Raises ReleaseFailed when it is not fit to be called."""
    event = {"manage": "check"} if function == "worker" else _request_of(release, "/readyz")
    answer = functions.invoke(
        name=release.name_of(function), region=release.region, event=event, qualifier=version
    )
    if answer.get("statusCode", 200) != 200:
        raise ReleaseFailed(
            f"{release.name_of(function)} version {version} is not ready, and nobody calls it: "
            f"{answer.get('body')}"
        )


def _request_of(release: Release, path: str) -> dict[str, object]:
    """A request as API Gateway hands it to a function."""
    headers = {"Host": release.stage.parameters["ShopDomain"], "X-Forwarded-Proto": "https"}
    return {
        "httpMethod": "GET",
        "path": path,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"path": path, "identity": {"sourceIp": "127.0.0.1"}},
        "body": None,
        "isBase64Encoded": False,
    }


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False)
    if done.returncode:
        raise ReleaseFailed("The package could not be made, see above.")


STEPS_OF_DEPLOYMENT = (
    ("base stacks", make_base),
    ("package", build_package),
    ("static files", upload_static),
    ("new code", update_code),
    ("migrations", migrate),
    ("functions go live", go_live),
    ("bindings, names and edge", make_bound),
    ("smoke test", check_release),
    ("alarms", turn_alarms_on),
)
