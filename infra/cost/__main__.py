"""`python -m infra.cost STAGE [setting=value …]`: a month's bill, and from which load another road costs less."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from infra.cost.prices import Line, NoPrice, table
from infra.cost.profile import Measured, Profile, UnknownSetting, measured, profile_of
from infra.cost.work import (
    containers_road,
    functions_road,
    servers_road,
    worker_in_containers,
    worker_on_lambda,
)
from infra.stacks import STAGES, Stage, read_stage

_MOST_PER_DAY = 1_000_000_000


def break_even(
    *, profile: Profile, functions: Callable[[Profile], float], other: Callable[[Profile], float]
) -> float | None:
    """From how many requests a day the other road costs less; None when it never does."""

    def saves(per_day: float) -> bool:
        asked = replace(profile, requests_per_day=per_day)
        return other(asked) < functions(asked)

    if saves(1):
        return 1
    if not saves(_MOST_PER_DAY):
        return None
    low, high = 1.0, float(_MOST_PER_DAY)
    while high / low > 1.001:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if saves(middle) else (middle, high)
    return high


def without_warmth(stage: Stage) -> Stage:
    """The stage with no instance kept warm."""
    return replace(stage, parameters={**stage.parameters, "WarmAtLeast": "0"})


def report(*, stage: Stage, profile: Profile, took: Measured) -> str:
    """What the stage costs in a month at this profile, in USD: the page that is printed."""
    lines = functions_road(stage=stage, profile=profile, took=took)
    usd = total(lines)
    return "\n".join(
        [
            f"{stage.name}, {profile.requests_per_day:,.0f} requests and "
            f"{profile.requests_per_day * profile.order_share:,.0f} orders a day, "
            f"prices of {table()['region']} as published {table()['as_published']}, to be checked",
            "",
            *_groups(lines),
            f"{'a month':<20} {usd:10,.2f} USD",
            f"{'an order':<20} {usd / profile.orders:10,.4f} USD" if profile.orders else "",
            "",
            "What dominates",
            *(f"  {one.usd:10,.2f}  {one.group}: {one.what}" for one in dearest(lines)),
            "",
            *_compared(stage=stage, profile=profile, took=took),
        ]
    )


def total(lines: Iterable[Line]) -> float:
    """All lines together, in USD."""
    return sum(one.usd for one in lines)


def dearest(lines: Iterable[Line]) -> list[Line]:
    """The eight lines that cost most."""
    return sorted(lines, key=lambda one: -one.usd)[:8]


def _groups(lines: Iterable[Line]) -> list[str]:
    sums: dict[str, float] = defaultdict(float)
    for one in lines:
        sums[one.group] += one.usd
    return [
        f"{group:<20} {usd:10,.2f}" for group, usd in sorted(sums.items(), key=lambda one: -one[1])
    ]


def _compared(*, stage: Stage, profile: Profile, took: Measured) -> list[str]:
    cold = without_warmth(stage)
    roads: dict[str, Callable[[Profile], float]] = {
        "Lambda": lambda asked: total(functions_road(stage=stage, profile=asked, took=took)),
        "Lambda, none kept warm": lambda asked: total(
            functions_road(stage=cold, profile=asked, took=took)
        ),
        "Fargate": lambda asked: total(containers_road(stage=stage, profile=asked, took=took)),
        "EC2, always on": lambda asked: total(servers_road(stage=stage, profile=asked, took=took)),
    }
    workers = break_even(
        profile=profile,
        functions=lambda asked: worker_on_lambda(stage=stage, profile=asked, took=took),
        other=lambda asked: worker_in_containers(stage=stage, profile=asked, took=took),
    )
    return [
        "The same month on other roads",
        *(f"  {name:<24} {usd(profile):10,.2f} USD" for name, usd in roads.items()),
        "Requests a day from which they cost less",
        *(
            f"  {other} than {mine}: {_told(break_even(profile=profile, functions=roads[mine], other=roads[other]))}"
            for other in ("Fargate", "EC2, always on")
            for mine in ("Lambda", "Lambda, none kept warm")
        ),
        f"  the worker alone, on Fargate: {_told(workers)}",
    ]


def _told(per_day: float | None) -> str:
    if per_day is None:
        return "never"
    return "at any load" if per_day == 1 else f"{per_day:,.0f}"


def main(arguments: list[str]) -> None:
    """Print the bill of a stage."""
    name, *settings = arguments or ["production"]
    if name not in STAGES:
        sys.exit(f"{name}: a bill comes for {', '.join(STAGES)}")
    try:
        profile = profile_of(settings)
        page = report(stage=read_stage(name), profile=profile, took=measured())
    except (UnknownSetting, NoPrice, LookupError) as error:
        sys.exit(str(error))
    sys.stdout.write(f"{page}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
