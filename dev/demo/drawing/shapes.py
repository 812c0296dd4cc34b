"""Which silhouettes there are, by the name the catalogue gives them."""

from collections.abc import Callable

from dev.demo.drawing import bottles, cloths, packs, tools
from dev.demo.drawing.pen import Pen
from dev.demo.drawing.subject import Subject

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
    "jerrycan": packs.jerrycan,
    "drum": packs.drum,
    "jug": packs.jug,
    "pouch": packs.pouch,
    "sack": packs.sack,
    "box": packs.carton,
    "tin": packs.tin,
    "flattin": packs.flat_tin,
    "jar": packs.jar,
    "capsule": packs.capsules,
    "tub": packs.tub,
    "shaker": packs.shaker,
    "bagbox": packs.bagbox,
    "bar": packs.soap,
    "crate": packs.crate,
    "book": cloths.book,
    "crayons": cloths.crayons,
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
    "balls": cloths.balls,
    "sachet": cloths.sachets,
    "blocks": cloths.blocks,
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
    "comb": tools.comb,
    "pegs": tools.pegs,
    "dosepump": tools.dosepump,
    "dispenser": tools.dispenser,
    "bucket": tools.bucket,
    "enamelbucket": tools.enamelbucket,
}
SHAPES: dict[str, Shape] = PACKAGED | HARDWARE
