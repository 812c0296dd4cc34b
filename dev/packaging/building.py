"""Install, prune, collect, compile: the steps from the lock to the files of the package."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from dev.packaging.choosing import deployed, is_kept, is_ours, own_folders
from dev.packaging.targets import Target
from dev.stage import ROOT, Failure

_PLATFORM = "x86_64-manylinux2014"
# Where Lambda unpacks: tracebacks tell it, and the bytecode would otherwise tell where it was made.
_TASK_ROOT = "/var/task"
OWN_FOLDERS = own_folders(ROOT)
# What the settings name: installed apps, and the backends of SHOP.
_NAMED = """
from django.apps import AppConfig
from django.conf import settings
for app in settings.INSTALLED_APPS:
    print(AppConfig.create(app).name)
for section in settings.SHOP.values():
    for entry in section.values():
        if isinstance(entry, dict) and "BACKEND" in entry:
            print(entry["BACKEND"])
"""


def build(*, target: Target, folder: Path) -> None:
    """Lay everything out in an empty folder, as it will lie in the function; and `static` beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _install(deployed((ROOT / "requirements.txt").read_text()), target=target, folder=folder)
    _prune(folder)
    _copy_own(folder)
    _collect_static(folder)
    _check_named(folder)
    compile_all(folder, interpreter=target.interpreter)


def build_layer(*, target: Target, folder: Path) -> None:
    """Lay out in an empty folder what traces need (requirements-otel.txt) and the package has not."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    there = deployed((ROOT / "requirements.txt").read_text())
    wanted = deployed((ROOT / "requirements-otel.txt").read_text())
    more = {name: pin for name, pin in wanted.items() if name not in there}
    _install(more, target=target, folder=folder)
    _prune(folder)
    compile_all(folder, interpreter=target.interpreter)


def _install(pins: Mapping[str, str], *, target: Target, folder: Path) -> None:
    """These wheels of a lock for Lambda's platform, whatever this machine is, checked by their hashes."""
    lock = folder.with_name("requirements.txt")
    lock.write_text("".join(pins.values()))
    uv = Path(sys.executable).with_name("uv")
    _run(
        *(uv if uv.exists() else "uv", "--system-certs", "pip", "install", "--quiet"),
        *("--target", folder, "--python", target.interpreter, "--python-version", target.version),
        *("--python-platform", _PLATFORM, "--only-binary", ":all:", "--no-deps"),
        *("--require-hashes", "--link-mode", "copy", "-r", lock),
    )


def _prune(folder: Path) -> None:
    for path in _files(folder):
        if not is_kept(path.relative_to(folder).as_posix()):
            path.unlink()
    # What the installer left behind says when and where, not what.
    for name in ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"):
        for path in folder.glob(f"*.dist-info/{name}"):
            path.unlink()
    for path in folder.glob(".*"):
        path.unlink() if path.is_file() else shutil.rmtree(path)


def _copy_own(folder: Path) -> None:
    """What git knows of the shop, so that nothing that lies about comes along."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *OWN_FOLDERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source = ROOT / name
        if source.exists() and is_kept(name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)


def _environment(static: Path) -> dict[str, str]:
    """What the settings of production ask for; none of the values has a part in a package."""
    named = ("SECRET_KEY", "SHOP_ORIGIN", "SQS_BASE_URL", "SNS_TOPIC_ARN", "MEDIA_BUCKET",
             "MEDIA_DOMAIN", "DOCUMENTS_BUCKET", "STATIC_DOMAIN", "EMAIL_BACKEND",
             "ALLOWED_HOSTS", "PAYMENT_GATEWAYS")  # fmt: skip
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        **dict.fromkeys(named, "unused"),
        "DATABASE_URL": "postgresql://unused/unused",
        "DOWNSTREAM_SECRETS": "unused=unused",
        "DJANGO_SETTINGS_MODULE": "ecommerce.settings.production",
        "STATIC_ROOT": str(static),
    }


def _collect_static(folder: Path) -> None:
    """The files for S3 beside the folder; into it only the manifest of their names."""
    static = folder.with_name("static")
    shutil.rmtree(static, ignore_errors=True)
    command = (sys.executable, "manage.py", "collectstatic", "--noinput", "-v0")
    _run(*command, environment=_environment(static))
    # The finders list folders as they find them; the package must not depend on that.
    manifest = json.loads((static / "staticfiles.json").read_text())
    (folder / "staticfiles").mkdir()
    sorted_manifest = json.dumps(manifest, sort_keys=True)
    (folder / "staticfiles" / "staticfiles.json").write_text(sorted_manifest)


def _check_named(folder: Path) -> None:
    """Refuse a package that lacks a module which the settings name: it would not even start."""
    environment = _environment(folder.with_name("static"))
    named = _run(sys.executable, "-c", _NAMED, environment=environment).split()
    if lost := missing(named, folder=folder):
        raise Failure(
            f"The settings name what is not in the package: {', '.join(lost)}. Add its folder to git, or its"
            " wheel to requirements.in (docs/extending.md)."
        )


def missing(named: Iterable[str], *, folder: Path) -> list[str]:
    """Which of the dotted paths have no package, or module, at the top of the folder."""
    tops = {path.name.partition(".")[0] for path in folder.iterdir()}
    return sorted(one for one in set(named) if one.partition(".")[0] not in tops)


def compile_all(folder: Path, *, interpreter: str) -> None:
    """Bytecode that is never checked against its source, whose dates are lost on the way to Lambda.

    Of libraries the bytecode is all that is kept, without assertions and documentation: it is half of
    them, and tracebacks still tell file and line. The shop's own keeps both: the API is described by them.
    """
    ours = [path for path in sorted(folder.iterdir()) if is_ours(path.name, own=OWN_FOLDERS)]
    libraries = [path for path in sorted(folder.iterdir()) if path not in ours]
    _compile(ours, folder=folder, interpreter=interpreter)
    _compile(libraries, "-b", "-o", "2", folder=folder, interpreter=interpreter)
    for library in libraries:
        for path in [library, *library.rglob("*.py")]:
            if path.suffix == ".py" and path.with_suffix(".pyc").exists():
                path.unlink()


def _compile(paths: Sequence[Path], *options: str, folder: Path, interpreter: str) -> None:
    _run(
        *(interpreter, "-m", "compileall", "-q", "-j", "1", *options),
        *("--invalidation-mode", "unchecked-hash", "-s", folder, "-p", _TASK_ROOT),
        *paths,
        # Sets of constants are written in the order of their hashes.
        environment={"PYTHONHASHSEED": "0", "PATH": os.defpath},
    )


def read(folder: Path) -> dict[str, bytes]:
    """The files below a folder, by their path in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)}


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _run(*command: str | Path, environment: dict[str, str] | None = None) -> str:
    """What the command prints. Raises Failure."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command[:4]))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
