"""One factory per model, with defaults that read like a real shop's."""
