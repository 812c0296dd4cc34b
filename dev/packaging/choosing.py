"""What goes into the package, and what must never.

`python choosing.py LOCK` writes what a container needs of a lock; there, Celery has its command line.
"""

import re
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

# What is in the lock for the laptop, the deployment or a command line, with all that only it needs.
NOT_DEPLOYED = frozenset(
    {
        "zappa",  # makes functions; at run time the shop has an entry of its own
        "pytest-django",
        "click-didyoumean",  # three parts of Celery's command line
        "click-plugins",
        "click-repl",
        "jsonschema",  # checks the API's schema, in the tests
    }
)
# What not even a container needs.
NOT_RUN = NOT_DEPLOYED - {"click-didyoumean", "click-plugins", "click-repl"}
LANGUAGES = ("en", "de", "fr", "es", "ar")
# What boto3 is asked for; `tests/dev/test_packaging.py` compares it with the code.
SERVICES = frozenset({"s3", "secretsmanager", "sesv2", "sns", "sqs", "sts"})

_PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*])?==")
_PARENT = re.compile(r"^\s+#(?:\s+via)?\s*(?P<name>-r|[a-z0-9._-]*)")
_NOISE = (".pyi", ".c", ".h", ".pxd", ".pyx", ".po", ".pot", ".map", ".exe", ".sfd")
# Parts that load on demand, which nothing here demands.
_UNUSED = (
    "boto3/examples/",
    "django/contrib/gis/",  # maps
    "pillow.libs/libavif-",  # pictures are JPEG, PNG or WebP
    "PIL/_avif.",
    "PIL/_imagingft.",  # nobody writes on a picture
    "PIL/_imagingtk.",
    *(f"pillow.libs/lib{name}" for name in ("freetype-", "harfbuzz-", "brotli", "png16-")),
    "reportlab/fonts/",  # documents bring fonts of their own; one of these is GPL
    *(f"reportlab/graphics/{name}/" for name in ("barcode", "charts", "samples", "widgets")),
    # Parts of Stripe that the shop does not use, and what only a type checker reads.
    *(f"stripe/{name}/" for name in ("params", "events", "issuing", "treasury", "terminal")),
    "yaml/_yaml.",  # there is the same in Python
)
_NEVER_NAMED = re.compile(
    r"(^|/)(\.env[^/]*|\.git[^/]*|zappa_settings\.(json|py)|id_[a-z0-9]+|[^/]*\.(sqlite3|key|p12))$"
)
_OF_THE_SHOP = ("apps", "ecommerce", "locale", "templates")
_NEVER_BELOW = ("tests/", "dev/", "examples/", "var/", "docs/", "infra/", ".venv")
_SECRET = re.compile(
    rb"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|\b[sr]k_live_\w{8}|\bwhsec_[A-Za-z0-9+/]{24}"
)


def deployed(lock: str, *, without: Iterable[str] = NOT_DEPLOYED) -> dict[str, str]:
    """The pins of a compiled lock, with their hashes, that the package needs; by name."""
    pins, needed_by = _read(lock)
    dropped = {name for name in without if name in pins}
    while more := {
        name
        for name, parents in needed_by.items()
        if name not in dropped and parents and parents <= dropped
    }:
        dropped |= more
    return {name: pin for name, pin in pins.items() if name not in dropped}


def _read(lock: str) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Each pin's lines; and who needs it, as far as that is a distribution and not a file of ours."""
    pins: dict[str, str] = {}
    needed_by: dict[str, set[str]] = {}
    name = ""
    for line in lock.splitlines():
        if match := _PIN.match(line):
            name = match[1]
            pins[name], needed_by[name] = "", set()
        if parent := _PARENT.match(line):
            needed_by[name] |= {parent["name"]} - {"", "via", "-c"}
        elif name:
            pins[name] += f"{line}\n"
    return pins, needed_by


def is_kept(path: str) -> bool:
    """Whether an installed file is needed at run time; metadata is, for libraries read it, but for the list
    of what was installed.
    """
    parts = PurePosixPath(path).parts
    if parts[0].endswith(".dist-info"):
        return parts[-1] != "RECORD"
    return not (
        parts[0] == "bin"
        or "__pycache__" in parts
        or "tests" in parts[:-1]
        or path.endswith(_NOISE)
        or _is_foreign_language(parts)
        or _is_unused_service(parts)
        or _is_static(parts)
        or path.startswith(_UNUSED)
    )


def _is_foreign_language(parts: tuple[str, ...]) -> bool:
    if "locale" not in parts[:-1]:
        return False
    language = parts[parts.index("locale") + 1]
    is_folder = len(parts) > parts.index("locale") + 2
    return is_folder and re.split("[_-]", language)[0] not in LANGUAGES


def _is_unused_service(parts: tuple[str, ...]) -> bool:
    """What botocore knows of services that nobody asks; its endpoints and partitions are for all."""
    if parts[:2] not in {("botocore", "data"), ("boto3", "data")} or len(parts) < 4:
        return False
    return parts[2] not in SERVICES


def _is_static(parts: tuple[str, ...]) -> bool:
    """Files for browsers lie on S3; the package holds their names."""
    return "static" in parts[:-1] and not parts[-1].endswith(".py")


def own_folders(root: Path) -> tuple[str, ...]:
    """The folders of a checkout that belong into the package: the shop's, and packages beside them."""
    beside = {path.parent.name for path in root.glob("*/__init__.py")}
    kept = {name for name in beside if not f"{name}/".startswith(_NEVER_BELOW)}
    return tuple(sorted({*_OF_THE_SHOP, *kept}))


def is_ours(path: str, *, own: Collection[str]) -> bool:
    """Whether a file of the package is of one of these folders of the checkout, or made of them."""
    return path.split("/", 1)[0] in (*own, "staticfiles")


def refusals(
    files: Mapping[str, bytes], *, own: Collection[str], environ: Mapping[str, str]
) -> list[str]:
    """Why these files, by path, must not leave this machine: one line for each that must not."""
    values = list(_secret_values(environ))
    found = []
    for path, content in files.items():
        if _NEVER_NAMED.search(path) or path.startswith(_NEVER_BELOW):
            found.append(f"{path} does not belong into a package")
        elif (is_ours(path, own=own) or path.endswith(".pem")) and _SECRET.search(content):
            found.append(f"{path} looks as if it held a secret")
        elif is_ours(path, own=own) and any(value in content for value in values):
            found.append(f"{path} holds a secret of this machine's environment")
    return found


def _secret_values(environ: Mapping[str, str]) -> Iterable[bytes]:
    for name, value in environ.items():
        if re.search("SECRET|TOKEN|PASSWORD|_KEY", name) and len(value) >= 12:
            yield value.encode(errors="surrogateescape")


if __name__ == "__main__":
    chosen = deployed(Path(sys.argv[1]).read_text(), without=NOT_RUN)
    sys.stdout.write("".join(chosen.values()))
