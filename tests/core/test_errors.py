"""What a broken constraint is called."""

import pytest
from django.db import IntegrityError, transaction

from apps.catalog.models import Brand
from apps.core.errors import broken_constraint


@pytest.mark.django_db
class TestBrokenConstraint:
    def test_is_named_by_the_database(self) -> None:
        Brand.objects.create(name="Alder", slug="alder")

        with pytest.raises(IntegrityError) as broken, transaction.atomic():
            Brand.objects.create(name="Other", slug="alder")

        assert broken_constraint(broken.value).startswith("catalog_brand_slug")

    def test_is_nothing_for_an_error_that_was_not_the_databases(self) -> None:
        assert broken_constraint(IntegrityError("by hand")) == ""
