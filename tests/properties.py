"""How many examples a property is tried with: a quarter of what `make nightly` tries."""

import os

_IS_NIGHTLY = "NIGHTLY" in os.environ


def examples(nightly: int) -> int:
    """The number for this run."""
    return nightly if _IS_NIGHTLY else nightly // 4
