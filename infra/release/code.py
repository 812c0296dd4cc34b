"""The functions' code: given to all of them, tried, called from now on, and taken back."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from infra.release import cloudformation, functions, zappa
from infra.release.account import client
from infra.release.errors import ReleaseFailed
from infra.release.releasing import Release, learn_apis
from infra.stacks import FUNCTIONS, zappa_stage

# How long a migration may wait for a lock that shoppers hold, before it gives way to them.
_LOCK_SECONDS = 5
_MIGRATIONS_TRIED = 3
# Callers of the worker come first: what the new pages send, it must already understand.
_GO_LIVE = ("worker", "office", "web")
# AWS keeps so many for functions without a limit of their own.
_UNRESERVED = 100


def check_quota(release: Release) -> Iterator[str]:
    """Whether the account lets so many functions run at once: a new one often does not.

    Raises ReleaseFailed before anything is made that would then be half done.
    """
    wanted = sum(int(facts["concurrency"]) for facts in release.stage.functions.values())
    account = client("lambda", region=release.region).get_account_settings()
    allowed = int(account["AccountLimit"]["ConcurrentExecutions"])
    if wanted + _UNRESERVED > allowed:
        raise ReleaseFailed(
            f"The functions of {release.stage.name} reserve {wanted} executions at once, AWS keeps "
            f"{_UNRESERVED} for others, and the account has {allowed}. Ask for more (quota "
            "L-B99A9384 of Lambda), or lower `lambda_concurrency` in zappa_settings.json."
        )
    yield f"{wanted} of {allowed} executions at once are reserved"


def update_code(release: Release) -> Iterator[str]:
    """Give the functions their new code, side by side; nobody calls it yet."""
    settings, package = release.settings(), release.outputs["Package"]
    release.revisions = {function: _revision(release, function) for function in FUNCTIONS}
    whole = {function: _is_whole(release, function) for function in FUNCTIONS}

    def change(function: str) -> None:
        stage = zappa_stage(stage=release.stage.name, function=function)
        if whole[function]:
            zappa.update(zappa_stage=stage, settings=settings, package=package)
            return
        if _exists(release, function):
            # A first release that broke off left a function without its API, which Zappa cannot go on with.
            zappa.undeploy(zappa_stage=stage, settings=settings)
        zappa.deploy(zappa_stage=stage, settings=settings, package=package)

    with ThreadPoolExecutor(len(whole)) as side_by_side:
        list(side_by_side.map(change, whole))
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
    if versions == {function: _live_version(release, function) for function in _GO_LIVE}:
        yield "this code is live already"
    else:
        yield from _lead_on(release, versions)
    learn_apis(release)


def _lead_on(release: Release, versions: dict[str, str]) -> Iterator[str]:
    """All of them, even one that has not changed: going back goes back by a release, and not by a function."""
    for function, version in versions.items():
        name, alias = release.name_of(function), release.alias_of(function)
        since = release.revisions.get(function, "")
        if functions.go_live(
            name=name, alias=alias, version=version, region=release.region, since=since
        ):
            release.moved.append(function)
        yield f"{name} version {version} is live"


def roll_back(release: Release) -> Iterator[str]:
    """Let callers reach the release before; the tables stay, for the code before runs on them."""
    yield from lead_back(release, _GO_LIVE)


def manage(release: Release) -> Iterator[str]:
    """Run a management command in the worker that is live, and show the end of its log.

    Not in the newest code, which after a roll-back is the very code that was taken back.
    """
    answer = functions.invoke(
        name=release.name_of("worker"),
        region=release.region,
        event={"manage": release.management_command},
        qualifier=release.alias_of("worker"),
    )
    yield from str(answer["log"]).splitlines()


def lead_back(release: Release, moved: Sequence[str]) -> Iterator[str]:
    """All of them or none: the code of two releases is not meant to run side by side for long.

    Raises ReleaseFailed when one of them has no version before.
    """
    region = release.region
    for function in moved:
        functions.version_before(
            name=release.name_of(function), alias=release.alias_of(function), region=region
        )
    for function in reversed(moved):
        name, alias = release.name_of(function), release.alias_of(function)
        version = functions.go_back(name=name, alias=alias, region=region)
        yield f"{name} went back to version {version}"


def _exists(release: Release, function: str) -> bool:
    return functions.exists(name=release.name_of(function), region=release.region)


def _is_whole(release: Release, function: str) -> bool:
    """Whether the function is there, and its API where it has one."""
    name = release.name_of(function)
    has_api = cloudformation.outputs_of(name=name, region=release.region) is not None
    return _exists(release, function) and (has_api or function == "worker")


def _live_version(release: Release, function: str) -> str | None:
    name, alias = release.name_of(function), release.alias_of(function)
    return functions.live_version(name=name, alias=alias, region=release.region)


def _revision(release: Release, function: str) -> str:
    name, alias = release.name_of(function), release.alias_of(function)
    return functions.revision(name=name, alias=alias, region=release.region)


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
