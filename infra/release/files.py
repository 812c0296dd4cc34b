"""What a release puts on S3: the package, and the static files under names that hold their hashes."""

import hashlib
import json
import mimetypes
from pathlib import Path

from infra.release.account import client

# A name with a hash never means another file.
_FOR_EVER = "public, max-age=31536000, immutable"
_PREFIX = "static/"
_AT_ONCE = 1000


def upload_package(*, package: Path, bucket: str, region: str) -> str:
    """Put the package where the functions take it from, under its hash; returns its address on S3."""
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    key = f"releases/{digest}.zip"
    if key not in _keys(bucket=bucket, prefix=key, region=region):
        client("s3", region=region).upload_file(str(package), bucket, key)
    return f"s3://{bucket}/{key}"


def upload_static(*, folder: Path, bucket: str, region: str) -> tuple[int, int]:
    """Put every static file that is not there yet; returns how many were put, and how many there are.

    Those of earlier releases stay: pages that are still kept somewhere ask for them.
    """
    manifest = json.loads((folder / "staticfiles.json").read_text())
    names = sorted(set(manifest["paths"].values()))
    present = _keys(bucket=bucket, prefix=_PREFIX, region=region)
    missing = [name for name in names if _PREFIX + name not in present]
    for name in missing:
        client("s3", region=region).upload_file(
            str(folder / name),
            bucket,
            _PREFIX + name,
            ExtraArgs={"CacheControl": _FOR_EVER, "ContentType": _content_type(name)},
        )
    return len(missing), len(names)


def empty(*, bucket: str, region: str) -> None:
    """Delete everything in a bucket, all versions of it; a bucket that is not there is no error."""
    s3 = client("s3", region=region)
    try:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        for page in pages:
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            for start in range(0, len(objects), _AT_ONCE):
                s3.delete_objects(
                    Bucket=bucket,
                    Delete={"Objects": objects[start : start + _AT_ONCE], "Quiet": True},
                )
    except s3.exceptions.NoSuchBucket:
        return


def _keys(*, bucket: str, prefix: str, region: str) -> set[str]:
    pages = (
        client("s3", region=region)
        .get_paginator("list_objects_v2")
        .paginate(Bucket=bucket, Prefix=prefix)
    )
    return {one["Key"] for page in pages for one in page.get("Contents", [])}


def _content_type(name: str) -> str:
    guessed, _ = mimetypes.guess_type(name)
    return guessed or "application/octet-stream"
