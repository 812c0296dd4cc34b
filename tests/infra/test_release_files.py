"""What a release puts on S3: static files under the names with their hashes."""

import json
from pathlib import Path

import boto3
import pytest

from infra.release import files
from tests.infra.test_release import REGION, unique


class TestFiles:
    @pytest.fixture
    def bucket(self) -> str:
        name = unique("bucket")
        boto3.client("s3", region_name=REGION).create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        return name

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "css").mkdir()
        (tmp_path / "css" / "shop.css").write_text("old name")
        (tmp_path / "css" / "shop.abc.css").write_text("a {}")
        (tmp_path / "logo.def.svg").write_text("<svg/>")
        paths = {"css/shop.css": "css/shop.abc.css", "logo.svg": "logo.def.svg"}
        (tmp_path / "staticfiles.json").write_text(json.dumps({"paths": paths}))
        return tmp_path

    def test_go_under_the_names_with_their_hashes_and_only_once(
        self, folder: Path, bucket: str
    ) -> None:
        where = {"folder": folder, "bucket": bucket, "region": REGION}
        assert files.upload_static(**where) == (2, 2)  # type: ignore[arg-type]
        assert files.upload_static(**where) == (0, 2)  # type: ignore[arg-type]

        s3 = boto3.client("s3", region_name=REGION)
        keys = {one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]}
        assert keys == {"static/css/shop.abc.css", "static/logo.def.svg"}
        style = s3.head_object(Bucket=bucket, Key="static/css/shop.abc.css")
        assert style["ContentType"] == "text/css"
        assert "immutable" in style["CacheControl"]
        assert (
            s3.head_object(Bucket=bucket, Key="static/logo.def.svg")["ContentType"]
            == "image/svg+xml"
        )

    def test_of_a_bucket_are_deleted_whether_it_is_there_or_not(self, bucket: str) -> None:
        s3 = boto3.client("s3", region_name=REGION)
        s3.put_object(Bucket=bucket, Key="one", Body=b"1")

        files.empty(bucket=bucket, region=REGION)
        files.empty(bucket=unique("never-made"), region=REGION)

        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
