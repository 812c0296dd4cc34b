"""Look after the shop's promises while nobody watches."""

import logging

from apps.audit import gateways
from apps.audit.selectors import list_violations

logger = logging.getLogger(__name__)


def check_shop() -> int:
    """Say aloud what breaks an invariant: in the log, and as the metric BrokenInvariants.

    Returns how many.
    """
    violations = list_violations()
    for one in violations:
        logger.error("%s broken (%s): %s: %s", one.code, one.promise, one.subject, one.detail)
    gateways.raise_alarm(len(violations))
    return len(violations)
