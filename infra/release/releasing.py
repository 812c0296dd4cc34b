"""One release of one stage: what is known of it, and where it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from infra.release import cloudformation, functions, rendering
from infra.release.account import client
from infra.release.smoke import Shop
from infra.stacks import Stack, Stage

ROOT = Path(__file__).resolve().parents[2]
# What a pipeline may change; the rest is changed by a person (infra/templates/pipeline.yaml).
_DECLARED_BY_CODE = frozenset({"observability", "messaging", "bindings"})


@dataclass(kw_only=True)
class Release:
    """One release of a stage; `outputs` grows with each stack."""

    stage: Stage
    outputs: dict[str, str] = field(default_factory=dict)
    # A package that was made already; None: it is made.
    package: Path | None = None
    only_code: bool = False
    # Irreplaceable resources (logical ids) that may be replaced or removed, as a person has said.
    may_lose: frozenset[str] = frozenset()
    # What each function's alias was when the release began: another's since then is not overrun.
    revisions: dict[str, str] = field(default_factory=dict)
    # What `manage` runs.
    management_command: str = ""
    # The functions whose callers this release has led from one version to another.
    moved: list[str] = field(default_factory=list)

    @property
    def region(self) -> str:
        """Where all of the stage lies, but for its edge."""
        return self.stage.region

    @property
    def is_emulated(self) -> bool:
        """Whether a laptop's emulator stands for AWS."""
        return self.stage.parameters.get("Emulator") == "true"

    @property
    def folder(self) -> Path:
        """Where the rendered settings and Zappa's log lie."""
        return ROOT / "var" / "release" / self.stage.name

    def name_of(self, function: str) -> str:
        """What Lambda calls a function."""
        name: str = self.stage.functions[function]["name"]
        return name

    def alias_of(self, function: str) -> str:
        """The alias by which a function is called."""
        alias: str = self.stage.functions[function]["alias"]
        return alias

    def is_new(self) -> bool:
        """Whether shoppers reach nothing yet."""
        name, alias = self.name_of("web"), self.alias_of("web")
        return functions.live_version(name=name, alias=alias, region=self.region) is None

    def settings(self) -> Path:
        """The settings as Zappa reads them, written anew from what is known by now."""
        return rendering.write_settings(stage=self.stage, outputs=self.outputs, folder=self.folder)


def shop_of(release: Release) -> Shop:
    """Where the stage answers: at its own name, or at the emulator, asked as the edge would ask.

    The firewall lets the stage's own release key through, whatever address it comes from.
    """
    domain = release.stage.parameters["ShopDomain"]
    secrets = client("secretsmanager", region=release.region)
    if not release.is_emulated:
        key = _secret(release, "ReleaseKeyName")
        return Shop(address=f"https://{domain}", headers={"x-release-key": key} if key else {})
    key = _secret(release, "EdgeKeyName")
    headers = {"Host": domain, "X-Forwarded-Proto": "https", "x-api-key": key}
    return Shop(address=secrets.meta.endpoint_url, headers=headers)


def _secret(release: Release, output: str) -> str:
    """The secret whose name a stack tells; empty where no stack has told it yet."""
    if output not in release.outputs:
        return ""
    secrets = client("secretsmanager", region=release.region)
    found: str = secrets.get_secret_value(SecretId=release.outputs[output])["SecretString"]
    return found


def static_of(release: Release) -> Callable[[str], bool]:
    """Whether a static file can be had: at the edge, or in its bucket where there is no edge."""
    if not release.is_emulated:
        shop = shop_of(release)
        return lambda path: shop.get(f"/{path}").status_code == 200
    s3, bucket = client("s3", region=release.region), release.outputs["StaticBucket"]

    def is_in_bucket(path: str) -> bool:
        return bool(s3.list_objects_v2(Bucket=bucket, Prefix=path).get("KeyCount"))

    return is_in_bucket


def is_others(release: Release, stack: Stack) -> bool:
    """Whether a person changes this stack, and not this release."""
    return release.only_code and stack.name not in _DECLARED_BY_CODE


def learn(release: Release, stack: Stack) -> None:
    """Keep what a stack tells, if it is there."""
    name, region = release.stage.stack_name(stack), stack.region or release.region
    release.outputs |= cloudformation.outputs_of(name=name, region=region) or {}


def learn_apis(release: Release) -> None:
    """Keep the ids of the APIs that there are; Zappa's stack of each bears its function's name."""
    for output, function in (("ApiId", "web"), ("OfficeApiId", "office")):
        name = release.name_of(function)
        if cloudformation.outputs_of(name=name, region=release.region) is not None:
            found = client("cloudformation", region=release.region).describe_stack_resource(
                StackName=name, LogicalResourceId="Api"
            )
            release.outputs[output] = found["StackResourceDetail"]["PhysicalResourceId"]
