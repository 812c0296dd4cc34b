"""The shopper's pages, by what the shopper is doing."""
