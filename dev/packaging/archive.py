"""Files into a zip that depends on nothing but the files: no dates, no order, no permissions."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644


def write(files: Mapping[str, bytes], *, to: Path) -> dict[str, int]:
    """Write them, sorted; returns how many bytes of the zip each takes."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(to, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _MODE << 16
            entry.create_system = 3
            archive.writestr(entry, files[path], compresslevel=9)
        return {entry.filename: entry.compress_size for entry in archive.infolist()}
