"""Pages as the tests read them: how a template is laid out is no matter of theirs."""

import re


def squeezed(page: str) -> str:
    """A page in one line, without any space beside a `<` or a `>`."""
    return re.sub(r" ?([<>]) ?", r"\1", re.sub(r"\s+", " ", page))
