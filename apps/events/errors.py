class OutsideTransaction(RuntimeError):
    """An event was published outside a transaction: it could be true without being told, or the reverse."""
