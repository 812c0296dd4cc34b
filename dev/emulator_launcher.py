"""Starts the emulator with nine things that a deployed stage needs and the emulator lacks.

It runs in the emulator's own environment, which knows nothing of the shop, and replaces private names
of the pinned version: `tests/dev/test_emulator.py` asks for each of them as a client would.
"""

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import apigateway_v1, lambda_svc, ses_v2

Answer = tuple[int, dict[str, str], bytes]
# What Lambda takes and gives in one call, and how long API Gateway waits for it where nobody says less.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MOST_BYTES = 6 * 1024 * 1024
_MOST_MILLIS = 29_000
# How the emulator's program in a function's process tells of an error, and how it shall.
_RAISED = '{"status": "error", "error": str(e), "trace"'
_SURVIVED = '{"status": "ok", "raised": str(e), "trace"'


def take_prefixed_names() -> None:
    """Lambda takes `function:NAME[:VERSION]` for a name; Zappa's rollback asks like that."""

    def without_prefix(resolve: Callable[[str], Any]) -> Callable[[str], Any]:
        return lambda name: resolve(name.removeprefix("function:"))

    lambda_svc._resolve_name = without_prefix(lambda_svc._resolve_name)
    lambda_svc._resolve_name_and_qualifier = without_prefix(lambda_svc._resolve_name_and_qualifier)


def give_each_versions_code() -> None:
    """The code of NAME:VERSION is that version's, or a rollback would deploy the newest once more."""
    get_function, serve_code = lambda_svc._get_function, lambda_svc.serve_function_code

    def get_version(name: str, qualifier: str | None = None) -> Answer:
        status, headers, body = get_function(name, qualifier)
        record, _ = lambda_svc._get_func_record_for_qualifier(name, qualifier)
        if status != 200 or record is lambda_svc._functions.get(name):
            return status, headers, body
        answer = json.loads(body)
        version = answer["Configuration"]["Version"]
        location = answer["Code"]["Location"]
        answer["Code"]["Location"] = location.replace(f"/{name}?", f"/{name}:{version}?")
        kept = {key: value for key, value in headers.items() if key.lower() != "content-length"}
        return status, kept, json.dumps(answer).encode()

    def serve_version(
        name: str, account_id: str | None = None, region: str | None = None
    ) -> Answer:
        name, _, version = name.partition(":")
        function = lambda_svc._functions.get_scoped(account_id, region, name)
        if version and function and version in function["versions"]:
            code = function["versions"][version]["code_zip"]
            return 200, {"Content-Type": "application/zip"}, code
        return serve_code(name, account_id, region)  # type: ignore[no-any-return]

    lambda_svc._get_function, lambda_svc.serve_function_code = get_version, serve_version


def run_functions_in_an_empty_environment() -> None:
    """The emulator's own packages would stand in for those that a package lacks."""
    detect = lambda_runtime._detect_runtime_binary

    def detect_empty(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        if runtime.startswith("python"):
            return os.environ.get("FUNCTIONS_PYTHON", binary), script
        return binary, script

    lambda_runtime._detect_runtime_binary = detect_empty


def keep_a_sandbox_that_raised() -> None:
    """A function that raises goes on living with all that it has broken: what it must clean up is seen."""
    detect, invoke = lambda_runtime._detect_runtime_binary, lambda_runtime.Worker.invoke
    if _RAISED not in lambda_runtime._PYTHON_WORKER_SCRIPT:
        raise RuntimeError("the emulator tells of errors in another way")

    def detect_surviving(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return binary, script.replace(_RAISED, _SURVIVED)

    def invoke_surviving(worker: Any, *call: Any, **more: Any) -> dict[str, Any]:
        result: dict[str, Any] = invoke(worker, *call, **more)
        if "raised" in result:
            return {**result, "status": "error", "error": result["raised"]}
        return result

    lambda_runtime._detect_runtime_binary = detect_surviving
    lambda_runtime.Worker.invoke = invoke_surviving


def read_binary_types_as_aws() -> None:
    """A patch names `*/*` as `*~1*`, by the rules of JSON pointers; else every upload arrives as broken text."""
    apply_patch = apigateway_v1._apply_patch
    prefix = "/binaryMediaTypes/"

    def apply_unescaped(thing: dict[str, Any], operations: list[dict[str, Any]]) -> Any:
        types = [one for one in operations if str(one.get("path", "")).startswith(prefix)]
        for one in types:
            name = one["path"].removeprefix(prefix).replace("~1", "/").replace("~0", "~")
            others = [known for known in thing.get("binaryMediaTypes") or [] if known != name]
            thing["binaryMediaTypes"] = others + [name] * (one.get("op") != "remove")
        return apply_patch(thing, [one for one in operations if one not in types])

    apigateway_v1._apply_patch = apply_unescaped


def keep_the_limits_of_aws() -> None:
    """What is too large, or takes too long, is refused as AWS refuses it."""
    invoke, build_event = (
        apigateway_v1._invoke_lambda_proxy_v1,
        apigateway_v1._build_lambda_event_v1,
    )

    def refusal(status: int, message: str) -> Answer:
        body = json.dumps({"message": message}).encode()
        return status, {"Content-Type": "application/json"}, body

    def build_bounded(*request: Any, **more: Any) -> dict[str, Any]:
        event: dict[str, Any] = build_event(*request, **more)
        if len(json.dumps(event)) > _MOST_BYTES:
            raise OverflowError
        return event

    async def invoke_bounded(integration: dict[str, Any], *request: Any, **more: Any) -> Any:
        seconds = int(integration.get("timeoutInMillis") or _MOST_MILLIS) / 1000
        try:
            answer = await asyncio.wait_for(invoke(integration, *request, **more), seconds)
        except OverflowError:
            return refusal(413, "Request Too Long")
        except TimeoutError:
            return refusal(504, "Endpoint request timed out")
        is_too_long = len(answer[2] or b"") > _MOST_BYTES
        return refusal(502, "Internal server error") if is_too_long else answer

    apigateway_v1._build_lambda_event_v1 = build_bounded
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_bounded


def leave_old_code_when_an_alias_moves() -> None:
    """What runs is kept by version: kept by alias, it would answer with the code before for ever."""
    acquire, invalidate = lambda_svc.acquire_worker, lambda_svc.invalidate_worker

    def version_of(name: str, qualifier: str | None) -> str | None:
        function = lambda_svc._functions.get(name) or {}
        alias = function.get("aliases", {}).get(qualifier)
        return alias["FunctionVersion"] if alias else qualifier

    def acquire_version(name: str, *rest: Any, qualifier: str = "$LATEST", **more: Any) -> Any:
        return acquire(name, *rest, qualifier=version_of(name, qualifier), **more)

    def invalidate_version(name: str, qualifier: str | None = None, **more: Any) -> None:
        invalidate(name, qualifier=version_of(name, qualifier), **more)

    lambda_svc.acquire_worker = acquire_version
    lambda_svc.invalidate_worker = invalidate_version


def tell_paths_as_aws() -> None:
    """Behind a domain of its own a function is told the whole path, base path included, and no stage."""
    resolve, build_event = (
        apigateway_v1.resolve_base_path_mapping,
        apigateway_v1._build_lambda_event_v1,
    )

    def resolve_whole(domain: str, path: str) -> tuple[str, str, str] | None:
        found = resolve(domain, path)
        return found and (found[0], found[1], path)

    def build_event_of_domain(*request: Any, **more: Any) -> dict[str, Any]:
        event: dict[str, Any] = build_event(*request, **more)
        headers = {name.lower(): value for name, value in (event["headers"] or {}).items()}
        if apigateway_v1.find_domain_scope(headers.get("host", "").split(":")[0]):
            event["requestContext"]["path"] = event["path"]
        return event

    apigateway_v1.resolve_base_path_mapping = resolve_whole
    apigateway_v1._build_lambda_event_v1 = build_event_of_domain


def refuse_addresses_that_are_not_ascii() -> None:
    """SES takes domains by their ASCII names alone, and no other local parts."""
    handle = ses_v2.handle_request

    async def handle_ascii(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        if method == "POST" and path.endswith("/outbound-emails"):
            groups = json.loads(body or b"{}").get("Destination") or {}
            if not all(one.isascii() for group in groups.values() for one in group):
                return ses_v2._json_err("BadRequestException", "Domain contains illegal character")
        return await handle(method, path, headers, body, query)

    ses_v2.handle_request = handle_ascii


if __name__ == "__main__":
    refuse_addresses_that_are_not_ascii()
    leave_old_code_when_an_alias_moves()
    tell_paths_as_aws()
    take_prefixed_names()
    give_each_versions_code()
    run_functions_in_an_empty_environment()
    keep_a_sandbox_that_raised()
    read_binary_types_as_aws()
    keep_the_limits_of_aws()
    main()
