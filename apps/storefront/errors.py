"""What the pages refuse."""


class NotOpenYet(Exception):
    """There is no market in which anything could be sold."""
