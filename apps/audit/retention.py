"""How long the checker's notes are kept."""

from apps.core.types import Retention

RETENTION = (Retention(model="audit.Pass", why="One of each kind: the next check replaces it."),)
