"""Files go to S3, their addresses are made without it."""

from urllib.request import urlopen

import pytest
from django.core.files.base import ContentFile

from apps.core.gateways import MediaStorage, aws_client
from ecommerce.messaging import physical_name


@pytest.fixture
def storage(emulator: str) -> MediaStorage:
    bucket = physical_name("media")
    return MediaStorage(
        bucket_name=bucket,
        custom_domain=f"{emulator.removeprefix('http://')}/{bucket}",
        url_protocol="http:",
        querystring_auth=False,
        file_overwrite=False,
    )


class TestMediaStorage:
    def test_keeps_a_file_where_its_address_says(self, storage: MediaStorage) -> None:
        name = storage.save("products/pine soap.txt", ContentFile(b"soap"))

        assert storage.exists(name)
        assert " " not in storage.url(name)
        with urlopen(storage.url(name)) as answer:
            assert answer.read() == b"soap"

    def test_makes_the_address_that_the_s3_storage_makes(self, storage: MediaStorage) -> None:
        address = storage.url("products/größe 1.webp")
        storage._setup()

        assert address == storage._wrapped.url("products/größe 1.webp")

    def test_without_a_domain_asks_s3(self, emulator: str) -> None:
        storage = MediaStorage(bucket_name=physical_name("media"), querystring_auth=False)

        assert storage.url("a.webp").startswith(emulator)


class TestAwsClient:
    def test_is_made_once_per_service(self) -> None:
        assert aws_client("sqs") is aws_client("sqs")
        assert aws_client("sqs") is not aws_client("sns")
