"""What Zappa's own commands meet in the checkout, whose settings name no role, network or bucket.

Zappa calls it by the setting `callbacks`, before it packs anything; the settings that a release renders
leave it out.
"""

from typing import Any

# What only looks, and finds all that it needs in the checkout's file.
_LOOKING = frozenset({"status", "tail"})
_INSTEAD = {
    "deploy": "make deploy STAGE={stage}",
    "update": "make deploy STAGE={stage}",
    "package": "make package",
    "rollback": "make rollback STAGE={stage}",
    "undeploy": "make destroy STAGE={stage}",
    "manage": 'make manage STAGE={stage} COMMAND="…"',
}
_OTHERWISE = "make settings STAGE={stage}, then the same in var/release/{stage}"


def refuse(zappa: Any) -> None:
    """Say at once what to do instead. Raises SystemExit, but for commands that only look."""
    if zappa.command in _LOOKING:
        return
    stage = str(zappa.api_stage).partition("_")[0]
    instead = _INSTEAD.get(zappa.command, _OTHERWISE).format(stage=stage)
    raise SystemExit(
        f"Zappa is the engine here, and this folder is not what it deploys. Instead of "
        f"`zappa {zappa.command} {zappa.api_stage}`: {instead}\nWhy, and what it does: docs/releasing.md"
    )
