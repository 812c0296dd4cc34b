import pytest

from tests.factories.inventory import broken_levels


@pytest.fixture
def explained():
    """After the test every level is explained by its movements and open reservations."""
    yield
    assert broken_levels() == []
