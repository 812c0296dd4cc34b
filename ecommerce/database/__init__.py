"""Django's PostgreSQL backend, for a stage whose password is rotated."""
