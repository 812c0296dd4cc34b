"""Notes every call of AWS that a program makes; Python loads it because its folder is on the path."""

import os
from pathlib import Path
from typing import Any

from botocore.client import BaseClient

_call = BaseClient._make_api_call


def _note_and_call(self: Any, operation: str, arguments: Any) -> Any:
    with Path(os.environ["AWS_CALLS"]).open("a") as notes:
        notes.write(f"{self.meta.service_model.service_name}:{operation}\n")
    return _call(self, operation, arguments)


BaseClient._make_api_call = _note_and_call
