"""What a broken constraint is called, and which errors say that the database is away."""

import pytest
from django.db import (
    Error,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from apps.catalog.models import Brand
from apps.core.errors import broken_constraint, is_outage


@pytest.mark.django_db
class TestBrokenConstraint:
    def test_is_named_by_the_database(self) -> None:
        Brand.objects.create(name="Alder", slug="alder")

        with pytest.raises(IntegrityError) as broken, transaction.atomic():
            Brand.objects.create(name="Other", slug="alder")

        assert broken_constraint(broken.value).startswith("catalog_brand_slug")

    def test_is_nothing_for_an_error_that_was_not_the_databases(self) -> None:
        assert broken_constraint(IntegrityError("by hand")) == ""


@pytest.mark.django_db(transaction=True)
class TestAnOutage:
    """PostgreSQL's driver calls many things an OperationalError; few of them say that it is away."""

    @pytest.mark.parametrize(
        ("statement", "is_one"),
        [
            ("SET statement_timeout = 20; SELECT pg_sleep(5)", False),
            ("DO $$BEGIN RAISE SQLSTATE '40P01'; END$$", False),
            ("DO $$BEGIN RAISE SQLSTATE '55P03'; END$$", False),
            ("DO $$BEGIN RAISE SQLSTATE '54000'; END$$", False),
            ("SELECT 1 / 0", False),
            ("DO $$BEGIN RAISE SQLSTATE '08006'; END$$", True),
            ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ],
    )
    def test_is_told_by_its_code(self, statement: str, is_one: bool) -> None:
        with pytest.raises(Error) as broken, connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

        assert is_outage(broken.value) is is_one

    @pytest.mark.parametrize("error", [OperationalError("no route"), InterfaceError("closed")])
    def test_is_what_has_no_code(self, error: Error) -> None:
        assert is_outage(error)

    def test_is_no_other_error(self) -> None:
        assert not is_outage(ValueError())
