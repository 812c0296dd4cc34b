"""Which silhouettes there are, by the name the catalogue gives them."""

from collections.abc import Callable

from dev.demo.drawing import bottles, cloths, jars, keepsakes, packs, tools, wares
from dev.demo.drawing.pen import Pen
from dev.demo.drawing.subject import FLOOR, Subject

Shape = Callable[[Pen, Subject], None]

PACKAGED: dict[str, Shape] = {
    "squeeze": bottles.squeeze,
    "pump": bottles.pump,
    "trigger": bottles.trigger,
    "glasstrigger": bottles.glasstrigger,
    "mist": bottles.mist,
    "stopper": bottles.stopper,
    "dropper": bottles.dropper,
    "gooseneck": bottles.gooseneck,
    "stick": bottles.stick,
    "pod": bottles.pod,
    "jerrycan": packs.jerrycan,
    "drum": packs.drum,
    "jug": packs.jug,
    "pouch": packs.pouch,
    "sack": packs.sack,
    "box": packs.carton,
    "tin": jars.tin,
    "flattin": jars.flat_tin,
    "jar": jars.jar,
    "capsule": jars.capsules,
    "tub": jars.tub,
    "shaker": jars.shaker,
    "bagbox": packs.bagbox,
    "bar": packs.soap,
    "crate": packs.crate,
    "book": keepsakes.book,
    "crayons": keepsakes.crayons,
}
HARDWARE: dict[str, Shape] = {
    "clothstack": cloths.clothstack,
    "clothfold": cloths.clothfold,
    "towel": cloths.towel,
    "sponge": cloths.sponge,
    "loofah": cloths.loofah,
    "scourer": cloths.scourer,
    "mitt": cloths.mitt,
    "gloves": cloths.gloves,
    "meshbag": cloths.meshbag,
    "balls": keepsakes.balls,
    "sachet": keepsakes.sachets,
    "blocks": keepsakes.blocks,
    "dishbrush": tools.dishbrush,
    "bottlebrush": tools.bottlebrush,
    "scrubbrush": tools.scrubbrush,
    "nailbrush": tools.nailbrush,
    "broom": tools.broom,
    "yardbroom": tools.yardbroom,
    "dustpan": tools.dustpan,
    "toiletbrush": tools.toiletbrush,
    "squeegee": tools.squeegee,
    "mop": tools.mop,
    "duster": tools.duster,
    "comb": wares.comb,
    "pegs": wares.pegs,
    "dosepump": wares.dosepump,
    "dispenser": wares.dispenser,
    "bucket": wares.bucket,
    "enamelbucket": wares.enamelbucket,
}
SHAPES: dict[str, Shape] = PACKAGED | HARDWARE
ZOOMS = {
    "bar": 1.2,
    "bagbox": 1.16,
    "balls": 1.16,
    "book": 1.14,
    "box": 1.2,
    "broom": 1.06,
    "capsule": 1.2,
    "comb": 1.14,
    "crate": 1.16,
    "crayons": 1.18,
    "dispenser": 1.08,
    "dropper": 1.14,
    "jar": 1.2,
    "loofah": 1.14,
    "mop": 1.06,
    "nailbrush": 1.2,
    "pegs": 1.02,
    "scourer": 1.18,
    "scrubbrush": 1.2,
    "sponge": 1.16,
    "squeegee": 1.06,
    "stick": 1.16,
    "tin": 1.2,
    "towel": 1.06,
    "yardbroom": 1.0,
}


def draw_shape(
    pen: Pen, subject: Subject, shape: str, *, x: float, floor: float, scale: float
) -> None:
    """The silhouette standing on `floor` with its middle at `x`."""
    move = f"translate({x - 500 * scale:.1f} {floor - FLOOR * scale:.1f}) scale({scale:.3f})"
    with pen.group(transform=move):
        SHAPES[shape](pen, subject)
