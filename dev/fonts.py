"""Fonts for names in other scripts, gathered from packages into a folder: `python -m dev.fonts FOLDER`.

They are far larger than the shop, so that they lie in its media bucket and in no package of it.
"""

import hashlib
import shutil
import sys
from pathlib import Path

from dev.emulator import uv
from dev.stage import ROOT, VAR, locked

_HOME = ROOT / ".venv-fonts"
_LOCKED = ROOT / "dev" / "fonts.txt"
_CJK = "WenQuanYiMicroHei.ttc"


def install() -> Path:
    """The folder with the fonts of the lock file, made where it is not there yet."""
    folder, stamp = _HOME / "fonts", hashlib.sha256(_LOCKED.read_bytes()).hexdigest()
    with locked(path=VAR / "fonts.lock"):
        if not folder.exists() or (_HOME / "stamp").read_text() != stamp:
            uv("venv", "--clear", "--python", sys.executable, _HOME)
            uv("pip", "sync", "--require-hashes", "--python", _HOME / "bin" / "python", _LOCKED)
            folder.mkdir()
            for path in _HOME.glob("lib/*/site-packages/*/NotoSans*.ttf"):
                shutil.copy(path, folder / path.name.replace("[wght]", ""))
            (chinese,) = _HOME.glob("lib/*/site-packages/*/fonts/wqy-microhei.ttc")
            shutil.copy(chinese, folder / _CJK)
            (_HOME / "stamp").write_text(stamp)
    return folder


if __name__ == "__main__":
    shutil.copytree(install(), sys.argv[1], dirs_exist_ok=True)
