"""What stops a release."""


class ReleaseFailed(Exception):
    """A step that did not succeed; the message says which, why, and what to do."""
