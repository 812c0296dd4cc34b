"""Hold the shop against its promises, and let go of what has been kept long enough."""

from apps.audit.services.checks import check_all, check_changes, log_violation
from apps.audit.services.retention import prune, prune_soon

__all__ = ["check_all", "check_changes", "log_violation", "prune", "prune_soon"]
