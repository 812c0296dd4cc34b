"""The catalogue of the demo shop, as TOML files and pictures, and the way into an empty shop."""
