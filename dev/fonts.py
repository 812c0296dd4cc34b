"""Fonts for names in other scripts, gathered from packages into a folder: `python -m dev.fonts FOLDER`.

They are far larger than the shop, so that they lie in its media bucket and in no package of it. Without
a folder they go into the bucket of the running stage.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from dev.emulator import uv
from dev.stage import ROOT, VAR, Failure, locked

_HOME = ROOT / ".venv-fonts"
_LOCKED = ROOT / "dev" / "fonts.txt"
_KEPT = VAR / "fonts.stamp"
_CJK = "WenQuanYiMicroHei.ttc"


def install() -> Path:
    """The folder with the fonts of the lock file, made where it is not there yet."""
    folder, stamp = _HOME / "fonts", hashlib.sha256(_LOCKED.read_bytes()).hexdigest()
    with locked(path=VAR / "fonts.lock"):
        made = _HOME / "stamp"
        if not made.exists() or made.read_text() != stamp:
            uv("venv", "--clear", "--python", sys.executable, _HOME)
            uv("pip", "sync", "--require-hashes", "--python", _HOME / "bin" / "python", _LOCKED)
            folder.mkdir()
            for path in _HOME.glob("lib/*/site-packages/*/NotoSans*.ttf"):
                shutil.copy(path, folder / path.name.replace("[wght]", ""))
            (chinese,) = _HOME.glob("lib/*/site-packages/*/fonts/wqy-microhei.ttc")
            shutil.copy(chinese, folder / _CJK)
            made.write_text(stamp)
    return folder


def keep() -> None:
    """Put the fonts into the running stage's bucket, once. A shop without them sells all the same: its
    papers show names in other scripts by their letters' numbers, until `make fonts` finds a registry.
    """
    if _KEPT.exists() and _KEPT.read_text() == _LOCKED.read_text():
        return
    try:
        command = [sys.executable, "manage.py", "keep_fonts", str(install())]
        subprocess.run(command, cwd=ROOT, check=True)
    except (Failure, OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"No fonts for names in other scripts: {error} `make fonts` tries again.")
        return
    _KEPT.write_text(_LOCKED.read_text())


if __name__ == "__main__":
    if sys.argv[1:]:
        shutil.copytree(install(), sys.argv[1], dirs_exist_ok=True)
    else:
        keep()
