"""What the same work costs on three roads: functions, containers that follow the load, servers."""

from math import ceil

from ecommerce.messaging import QUEUES
from ecommerce.schedule import SCHEDULE
from infra.bindings import expression_of
from infra.cost.prices import DAYS, HOURS, MILLION, SECONDS, Line, price
from infra.cost.profile import Measured, Profile
from infra.cost.standing import standing, task_usd
from infra.stacks import Stage

# The memory at which Lambda gives a whole vCPU, and how each mapping looks for messages.
_WHOLE_VCPU_MB = 1769
_POLLERS, _POLL_SECONDS = 5, 20
# Sent, received, deleted.
_CALLS_PER_MESSAGE = 3
# Systems that hear an event, on average; each receives and deletes.
_LISTENERS, _CALLS_OF_A_LISTENER = 2.5, 2
_RUN_MS = 50
_SERVER, _SERVER_VCPUS, _SERVER_DISK_GB = "c6i.large", 2, 20
# One in each zone, whatever the load.
_FEWEST = 2
# What the other roads have no use for.
_OF_FUNCTIONS = ("warm instances", "proxy of")


def functions_road(*, stage: Stage, profile: Profile, took: Measured) -> list[Line]:
    """A month on Lambda, as the stage stands."""
    return [
        *standing(stage=stage, profile=profile),
        *_whatever_the_road(profile),
        *_functions(stage=stage, profile=profile, took=took),
    ]


def containers_road(*, stage: Stage, profile: Profile, took: Measured) -> list[Line]:
    """The same month with web and worker on Fargate, which follow the load."""
    vcpu = int(stage.parameters["ContainerCpu"]) / 1024
    fewest = max(_FEWEST, int(stage.parameters["ContainerTasks"]))
    kinds = {
        "web": max(fewest, _web_vcpus(profile, took) / vcpu / profile.utilisation),
        "worker": max(fewest, _worker_vcpus(profile, took) / vcpu / profile.utilisation),
    }
    return [
        *_without_functions(stage=stage, profile=profile),
        *(
            Line(
                group="containers",
                what=f"{kind}, {many:.1f} on average",
                usd=many * task_usd(stage),
            )
            for kind, many in kinds.items()
        ),
        *_balancer(profile),
    ]


def servers_road(*, stage: Stage, profile: Profile, took: Measured) -> list[Line]:
    """The same month on servers that are there all day, bought for the busiest hour."""
    busiest = (_web_vcpus(profile, took) + _worker_vcpus(profile, took)) * profile.peak
    many = max(_FEWEST, ceil(busiest / _SERVER_VCPUS / profile.utilisation))
    each = price(f"server.{_SERVER}.hour") * HOURS + price("disk.gb") * _SERVER_DISK_GB
    return [
        *_without_functions(stage=stage, profile=profile),
        Line(group="servers", what=f"{many} x {_SERVER}", usd=many * each),
        *_balancer(profile),
    ]


def _without_functions(*, stage: Stage, profile: Profile) -> list[Line]:
    kept = [
        one
        for one in standing(stage=stage, profile=profile)
        if not any(what in one.what for what in _OF_FUNCTIONS)
    ]
    return [*kept, *_whatever_the_road(profile)]


def worker_on_lambda(*, stage: Stage, profile: Profile, took: Measured) -> float:
    """The worker function's part of a month, in USD."""
    return sum(
        one.usd
        for one in _functions(stage=stage, profile=profile, took=took)
        if "worker" in one.what
    )


def worker_in_containers(*, stage: Stage, profile: Profile, took: Measured) -> float:
    """The same work on Fargate, in USD."""
    (line,) = (
        one
        for one in containers_road(stage=stage, profile=profile, took=took)
        if one.what.startswith("worker,")
    )
    return line.usd


def _functions(*, stage: Stage, profile: Profile, took: Measured) -> list[Line]:
    web, worker = (int(stage.functions[name]["memory_mb"]) for name in ("web", "worker"))
    request_ms = (
        took.request_ms - took.request_cpu_ms + profile.network_ms_per_request
        + took.request_cpu_ms * profile.slower / _vcpu(web)
        + profile.cold_share * profile.cold_ms / _vcpu(web)
    )  # fmt: skip
    order_ms = took.order_cpu_ms * profile.slower / _vcpu(worker) + profile.waiting_ms_per_order
    worked_ms = profile.orders * order_ms + runs() * _RUN_MS
    calls = profile.reaching + _invocations(profile)
    return [
        Line(group="functions", what=f"web, {request_ms:.0f} ms at {web} MB",
             usd=_gb_seconds(ms=profile.reaching * request_ms, memory_mb=web)),
        Line(group="functions", what=f"worker, {order_ms:.0f} ms an order at {worker} MB",
             usd=_gb_seconds(ms=worked_ms, memory_mb=worker)),
        Line(group="functions", what="invocations", usd=calls / MILLION * price("lambda.million_requests")),
        Line(group="API", what="requests", usd=profile.reaching / MILLION * price("api.million_requests")),
        Line(group="queues and events", what="looking for messages",
             usd=len(QUEUES) * _POLLERS * SECONDS / _POLL_SECONDS / MILLION * price("queue.million_requests")),
    ]  # fmt: skip


def _vcpu(memory_mb: int) -> float:
    """How much of a vCPU a function gets; more than one is of no use to one thread."""
    return min(1.0, memory_mb / _WHOLE_VCPU_MB)


def _gb_seconds(*, ms: float, memory_mb: int) -> float:
    return ms / 1000 * memory_mb / 1024 * price("lambda.gb_second")


def _web_vcpus(profile: Profile, took: Measured) -> float:
    return profile.reaching / SECONDS * took.request_cpu_ms * profile.slower / 1000


def _worker_vcpus(profile: Profile, took: Measured) -> float:
    return profile.orders / SECONDS * took.order_cpu_ms * profile.slower / 1000


def _invocations(profile: Profile) -> float:
    """Of the worker: a message each, since batches seldom fill."""
    return profile.orders * profile.messages_per_order + runs()


def runs() -> float:
    """How often the clock sends a task in a month."""
    return sum(_runs_of(expression_of(row["schedule"])) for row in SCHEDULE.values())


def _runs_of(expression: str) -> float:
    if expression.startswith("rate("):
        return DAYS * 1440 / int(expression.removeprefix("rate(").split()[0])
    minute, hour = expression.removeprefix("cron(").split()[:2]
    times = len(minute.split(","))
    return DAYS * times * (24 if hour == "*" else len(hour.split(",")))


def _balancer(profile: Profile) -> list[Line]:
    units = max(1.0, profile.reaching * profile.kb_per_answer / 1e6 / HOURS)
    usd = HOURS * (price("balancer.hour") + units * price("balancer.unit_hour"))
    return [Line(group="API", what=f"load balancer, {units:.1f} units", usd=usd)]


def _whatever_the_road(profile: Profile) -> list[Line]:
    return [*_edge(profile), *_queues(profile), *_watching(profile), *_rest(profile)]


def _edge(profile: Profile) -> list[Line]:
    files = profile.requests * (profile.static_files_per_request + profile.pictures_per_request)
    asked = profile.requests + files
    gigabytes = (profile.requests * profile.kb_per_answer + files * profile.kb_per_file) / 1e6
    paid_gb = max(0.0, gigabytes - price("edge.gb_free"))
    paid = max(0.0, asked / MILLION - price("edge.million_requests_free"))
    return [
        Line(group="edge", what=f"{gigabytes:.0f} GB to shoppers", usd=paid_gb * price("edge.gb")),
        Line(group="edge", what=f"{asked / MILLION:.0f} million requests, files among them",
             usd=paid * price("edge.million_requests")),
        Line(group="edge", what="firewall looks at them",
             usd=asked / MILLION * price("firewall.million_requests")),
        Line(group="edge", what="the firewall's log of what it blocks and counts",
             usd=asked * profile.blocked_share * profile.log_kb_per_invocation / 1e6
             * (price("log.gb") + price("log.kept_gb"))),
    ]  # fmt: skip


def _queues(profile: Profile) -> list[Line]:
    events = profile.orders * profile.events_per_order
    calls = (profile.orders * profile.messages_per_order + runs()) * _CALLS_PER_MESSAGE
    heard = events * _LISTENERS * _CALLS_OF_A_LISTENER
    return [
        Line(group="queues and events", what="messages",
             usd=(calls + heard) / MILLION * price("queue.million_requests")),
        Line(group="queues and events", what="events", usd=events / MILLION * price("topic.million_publishes")),
        Line(group="queues and events", what="clock", usd=runs() / MILLION * price("schedule.million_runs")),
    ]  # fmt: skip


def _watching(profile: Profile) -> list[Line]:
    invocations = profile.reaching + _invocations(profile)
    gigabytes = invocations * profile.log_kb_per_invocation / 1e6
    traces = profile.reaching * profile.traced_share / MILLION
    return [
        Line(group="observability", what=f"{gigabytes:.0f} GB of logs",
             usd=gigabytes * (price("log.gb") + price("log.kept_gb"))),
        Line(group="observability", what="metrics of the code", usd=profile.custom_metrics * price("log.metric")),
        Line(group="observability", what="traces", usd=traces * price("trace.million")),
    ]  # fmt: skip


def _rest(profile: Profile) -> list[Line]:
    signed_in = profile.users * profile.cognito_share
    paid_out_gb = profile.orders * 50 / 1e6
    return [
        Line(group="mail", what="mails",
             usd=profile.orders * profile.mails_per_order / 1000 * price("mail.thousand")),
        Line(group="storage", what="pictures and files", usd=profile.picture_gb * price("storage.gb")),
        Line(group="network", what="calls of the bank",
             usd=paid_out_gb * (price("network.nat_gb") + price("endpoint.gb"))),
        Line(group="accounts", what="Cognito", usd=_accounts_usd(signed_in)),
    ]  # fmt: skip


def _accounts_usd(signed_in: float) -> float:
    """Active users of a month in the pool's tier (`Lite`): the first are free, those above the first step cheaper."""
    free, step = price("accounts.active_users_free"), price("accounts.active_users_step")
    first = min(max(0.0, signed_in - free), step - free)
    return first * price("accounts.active_user") + max(0.0, signed_in - step) * price(
        "accounts.active_user_above"
    )
