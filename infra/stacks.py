"""Which stacks a stage is made of, in which order, and where each gets the values of its parameters from.

A parameter is filled from the stage's file, or from the output of the same name of an earlier stack, or by
the release (`FROM_RELEASE`); one that has a default may go without. Stacks therefore import nothing from
one another: each can be replaced, left out, or lie in another region.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent
STAGES = ("dev", "staging", "production")
FUNCTIONS = ("web", "office", "worker")
# What exists only once Zappa has deployed the APIs.
FROM_RELEASE = frozenset({"ApiId", "OfficeApiId"})
# CloudFront takes certificates and firewalls from this region only.
EDGE_REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One template of a stage; `after_functions` when it binds to what Zappa deploys."""

    name: str
    after_functions: bool = False
    region: str = ""

    @property
    def path(self) -> Path:
        """Where its template lies."""
        return FOLDER / "templates" / f"{self.name}.yaml"


STACKS = (
    Stack(name="domain"),
    Stack(name="network"),
    Stack(name="secrets"),
    Stack(name="data"),
    Stack(name="observability"),
    Stack(name="messaging"),
    Stack(name="storage"),
    Stack(name="identity"),
    Stack(name="pipeline"),
    Stack(name="roles"),
    Stack(name="bindings", after_functions=True),
    Stack(name="gateway", after_functions=True),
    Stack(name="edge", after_functions=True, region=EDGE_REGION),
    Stack(name="containers", after_functions=True),
)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage: its parameters, its functions with the settings of each, which stacks it does without and why."""

    name: str
    region: str
    functions: Mapping[str, Mapping[str, Any]]
    # Variables of the functions' environment that are this stage's own; none of them is secret.
    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    leaves_out: Mapping[str, str]

    def values(self) -> dict[str, str]:
        """All that templates may ask of the stage, by parameter: of a function its name, alias and limit."""
        of_functions = {
            f"{function.capitalize()}{what.capitalize()}": str(facts[key])
            for function, facts in self.functions.items()
            for what, key in (
                ("function", "name"),
                ("alias", "alias"),
                ("concurrency", "concurrency"),
            )
        }
        return {"Stage": self.name, **of_functions, **self.parameters}

    def stacks(self) -> list[Stack]:
        """The stacks it has, in the order in which they are made."""
        return [stack for stack in STACKS if stack.name not in self.leaves_out]

    def stack_name(self, stack: Stack) -> str:
        """What CloudFormation calls the stack."""
        return f"shop-{self.name}-{stack.name}"


class MissingParameter(Exception):
    """A template asks for what neither the stage nor an earlier stack gives."""


def read_stage(name: str) -> Stage:
    """The file of a stage, with its functions as `zappa_settings.json` has them."""
    return Stage(**_read(FOLDER / "stages" / f"{name}.json"), functions=_functions_of(name))


def emulated(stage: Stage) -> Stage:
    """The stage as a laptop's emulator can have it: smaller, and without what the emulator refuses."""
    differs = _read(FOLDER / "stages" / "emulator.json")
    functions = {
        name: {**facts, **differs["functions"].get(name, {})}
        for name, facts in stage.functions.items()
    }
    return replace(
        stage,
        functions=functions,
        settings={**stage.settings, **differs["settings"]},
        parameters={**stage.parameters, **differs["parameters"]},
        leaves_out={**stage.leaves_out, **differs["leaves_out"]},
    )


def placeholders_of(stage: Stage) -> list[str]:
    """What a checkout cannot know and its owner has not said yet, each with what is to be said."""
    given = stage.parameters
    found = {
        "ShopDomain: the shop's own name, not one of example.com": given["ShopDomain"].endswith(
            "example.com"
        ),
        "AlarmEmail: whom alarms call, or AlarmActions: false": given["AlarmActions"] == "true"
        and not given["AlarmEmail"],
        "Repository: owner/name that releases from GitHub, or none": not given["Repository"],
    }
    return [what for what, is_open in found.items() if is_open]


def zappa_stage(*, stage: str, function: str) -> str:
    """What Zappa calls a function of a stage: `dev`, `dev_office`, `dev_worker`."""
    return stage if function == "web" else f"{stage}_{function}"


def zappa_settings(name: str) -> dict[str, Any]:
    """The settings of one of Zappa's stages, with those that it extends."""
    every = _read(FOLDER.parent / "zappa_settings.json")
    own = every[name]
    parent = own.pop("extends", None)
    return {**zappa_settings(parent), **own} if parent else own


def _functions_of(stage: str) -> dict[str, dict[str, Any]]:
    found = {}
    for function in FUNCTIONS:
        name = zappa_stage(stage=stage, function=function)
        settings = zappa_settings(name)
        found[function] = {
            "name": f"{settings['project_name']}-{name}".replace("_", "-"),
            "alias": settings["apigateway_lambda_qualifier"],
            "memory_mb": settings["memory_size"],
            "timeout_seconds": settings["timeout_seconds"],
            "concurrency": settings["lambda_concurrency"],
        }
    return found


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def parameters_of(
    *, stack: Stack, stage: Stage, outputs: Mapping[str, str]
) -> list[dict[str, str]]:
    """What CloudFormation is to be given for a stack; `outputs` are those of the stacks made so far."""
    known = {**outputs, **stage.values()}
    declared = template_of(stack).get("Parameters", {})
    missing = [name for name, one in declared.items() if name not in known and "Default" not in one]
    if missing:
        raise MissingParameter(f"{stack.name} needs {', '.join(missing)}")
    return [
        {"ParameterKey": name, "ParameterValue": known[name]} for name in declared if name in known
    ]


@cache
def template_of(stack: Stack) -> dict[str, Any]:
    """The template, its short functions (`!Ref X`) as the long ones (`{"Ref": "X"}`)."""
    template: dict[str, Any] = yaml.load(stack.path.read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return template


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's tags, which plain YAML does not know."""


def _construct(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        return {name: str(text).split(".", 1) if tag == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _construct)
