"""A whole shop of any size, written as rows: what a busy year would have left behind."""
