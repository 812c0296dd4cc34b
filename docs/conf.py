"""How Sphinx makes a site of the pages in this folder and beside it: `make docs`."""

project = "The shop"
html_title = "The shop"
root_doc = "docs/README"
extensions = ["myst_parser", "dev.documentation"]
include_patterns = ["*.md", "docs/**.md", "examples/addon/README.md"]
exclude_patterns = [
    ".*",
    "apps",
    "dev",
    "examples/[!a]*",
    "examples/accounts.py",
    "infra",
    "mutants",
    "static",
    "templates",
    "tests",
    "var",
]

html_theme = "furo"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False

# The anchors of headings are those of a repository's page, and are checked like any other link.
myst_heading_anchors = 4
myst_enable_extensions = ["fieldlist"]
