"""The bill: arithmetic beside figures worked out by hand, and nothing in a template that has no price."""

from dataclasses import replace

import pytest

from infra.cost import prices, standing, work
from infra.cost.__main__ import break_even, report, total
from infra.cost.prices import DAYS, NoPrice
from infra.cost.profile import Measured, Profile, UnknownSetting, measured, profile_of
from infra.stacks import STACKS, Stage, read_stage, template_of

TOOK = Measured(request_ms=20, request_cpu_ms=10, order_cpu_ms=100)
QUIET = Profile(requests_per_day=0, users=0, custom_metrics=0, picture_gb=0)


def without_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "runs", lambda: 0.0)


def usd_of(lines: list[prices.Line], what: str) -> float:
    """All lines whose words hold these."""
    return total(one for one in lines if what in one.what)


def standing_of(name: str) -> list[prices.Line]:
    return standing.standing(stage=read_stage(name), profile=QUIET)


class TestEveryResourceOfTheTemplates:
    def test_has_a_price_or_a_reason_for_none(self) -> None:
        types = {
            one["Type"] for stack in STACKS for one in template_of(stack)["Resources"].values()
        }

        assert types == set(standing.PRICED) | standing.BY_USE | standing.FREE

    def test_is_in_one_list_only(self) -> None:
        known = [*standing.PRICED, *standing.BY_USE, *standing.FREE]

        assert len(known) == len(set(known))

    @pytest.mark.parametrize("name", ["dev", "staging", "production"])
    def test_can_be_paid_for_in_each_stage_even_with_containers(self, name: str) -> None:
        read = read_stage(name)
        parameters = {**read.parameters, "ContainerImageTag": "one"}
        stage = replace(read, leaves_out={}, parameters=parameters)

        found = standing.standing(stage=stage, profile=QUIET)

        assert any("containers" in one.group for one in found)
        assert all(one.usd > 0 for one in found)

    def test_without_a_price_is_refused(self) -> None:
        read = read_stage("dev")
        stage = replace(read, parameters={**read.parameters, "DatabaseClass": "db.x2g.metal"})

        with pytest.raises(NoPrice, match=r"database\.db\.x2g\.metal\.hour"):
            standing.standing(stage=stage, profile=QUIET)


class TestWhatStandsStill:
    def test_database_in_two_zones(self) -> None:
        """Twice (730 h of 0.265 USD, and 100 GB of 0.127 USD)."""
        assert usd_of(standing_of("production"), "db.r7g.large") == pytest.approx(412.30)

    def test_database_in_one_zone(self) -> None:
        assert usd_of(standing_of("dev"), "db.t4g.micro") == pytest.approx(730 * 0.017 + 20 * 0.127)

    def test_proxy_is_paid_by_the_vcpus_of_its_database(self) -> None:
        assert usd_of(standing_of("production"), "proxy of 2") == pytest.approx(26.28)
        assert usd_of(standing_of("dev"), "proxy") == 0

    @pytest.mark.parametrize(("networks", "usd"), [("", 12), ("192.0.2.0/24", 13)])
    def test_a_rule_of_the_firewall_where_the_stage_has_it(self, networks: str, usd: int) -> None:
        """5 USD, and 1 USD for each of seven rules; one more where the back office is the office's."""
        read = read_stage("dev")
        stage = replace(read, parameters={**read.parameters, "OfficeAddresses": networks})

        assert usd_of(standing.standing(stage=stage, profile=QUIET), "firewall of") == usd

    def test_copies_of_backups_where_there_are_any(self) -> None:
        read = read_stage("production")
        vault = {"BackupCopyVaultArn": "arn:aws:backup:eu-central-1:1:backup-vault:shop"}
        stage = replace(read, parameters={**read.parameters, **vault})

        assert usd_of(standing_of("production"), "copies") == 0
        found = standing.standing(stage=stage, profile=QUIET)
        assert usd_of(found, "copies") == pytest.approx(2 * 100 * 0.095)

    def test_network(self) -> None:
        """Two NAT gateways with an address each, three endpoints in two zones; S3's costs nothing."""
        found = standing_of("production")

        assert usd_of(found, "NAT gateway") == pytest.approx(2 * 35.04)
        assert usd_of(found, "public address") == pytest.approx(2 * 3.65)
        assert usd_of(found, "endpoint in") == pytest.approx(3 * 2 * 0.011 * 730)
        assert usd_of(standing_of("dev"), "endpoint in") == 0

    def test_warm_instances(self) -> None:
        """Two of 1769 MB: 2 x 1.7275 GB x 2,628,000 s x 0.0000041667 USD."""
        assert usd_of(standing_of("production"), "warm") == pytest.approx(37.83, abs=0.01)
        assert usd_of(standing_of("dev"), "warm") == 0

    def test_secret_is_paid_for_in_each_region(self) -> None:
        assert usd_of(standing_of("production"), ": secret") == pytest.approx(0.40 + 2 * 2 * 0.40)

    def test_cache_has_a_node_in_each_zone(self) -> None:
        assert usd_of(standing_of("production"), "cache") == pytest.approx(2 * 0.0568 * 730)
        assert usd_of(standing_of("dev"), "cache") == 0

    def test_containers_cost_nothing_before_there_is_an_image(self) -> None:
        stage = replace(read_stage("production"), leaves_out={})

        assert not [
            one
            for one in standing.standing(stage=stage, profile=QUIET)
            if "containers" in one.group
        ]

    def test_storage_grows_with_users_and_orders(self) -> None:
        """A million users of 2 KB, and 24 months of 608,333 orders of 12 KB."""
        profile = Profile(users=1_000_000)

        assert profile.stored_gb == pytest.approx(2 + 24 * 608_333 * 12 / 1e6, abs=0.01)


class TestWork:
    def test_of_the_web_function(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A request: 10 ms of waiting, 5 of network, 10 x 2 of CPU, a tenth of 1000 for a cold start."""
        without_clock(monkeypatch)
        profile = replace(
            QUIET, requests_per_day=1000 / DAYS, cached_share=0, order_share=0, slower=2,
            network_ms_per_request=5, cold_share=0.1, cold_ms=1000,
        )  # fmt: skip

        lines = work.functions_road(stage=read_stage("production"), profile=profile, took=TOOK)

        assert usd_of(lines, "web, 135 ms") == pytest.approx(
            1000 * 0.135 * 1769 / 1024 * 0.0000166667
        )
        assert usd_of(lines, "invocations") == pytest.approx(1000 / 1e6 * 0.20)

    def test_takes_longer_where_the_function_has_less_memory(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_clock(monkeypatch)
        profile = replace(QUIET, requests_per_day=1000, cold_share=0, slower=1)

        lines = work.functions_road(stage=read_stage("dev"), profile=profile, took=TOOK)

        assert usd_of(lines, "web, 37 ms at 1024 MB") > 0

    def test_of_an_order(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """100 x 1.5 ms of CPU and 1000 ms of waiting; 12 messages, 3 mails, 7 events."""
        without_clock(monkeypatch)
        profile = replace(
            QUIET, requests_per_day=1000 / DAYS, order_share=1, cached_share=1,
            messages_per_order=12, events_per_order=7, mails_per_order=3,
        )  # fmt: skip

        lines = work.functions_road(stage=read_stage("production"), profile=profile, took=TOOK)

        assert usd_of(lines, "worker, 1150 ms") == pytest.approx(
            1000 * 1.150 * 1769 / 1024 * 0.0000166667
        )
        assert usd_of(lines, "invocations") == pytest.approx(12_000 / 1e6 * 0.20)
        assert usd_of(lines, "mails") == pytest.approx(0.30)
        assert usd_of(lines, "events") == pytest.approx(7_000 / 1e6 * 0.50)
        assert usd_of(lines, "messages") == pytest.approx(
            (36_000 + 7_000 * 5) / 1e6 * 0.40 + 6 * 5 * DAYS * 86_400 / 20 / 1e6 * 0.40
        )

    def test_of_the_clock(self) -> None:
        """Seven tasks a minute, five each five minutes, one an hour and three a night."""
        assert work.runs() == pytest.approx(DAYS * (7 * 1440 + 5 * 288 + 24 + 3))

    def test_of_the_edge(self) -> None:
        """A million requests with 3.5 files each; 25 and 3.5 x 40 KB; the first 10 million are free."""
        profile = Profile(requests_per_day=4_000_000 / DAYS)

        lines = work.functions_road(stage=read_stage("production"), profile=profile, took=TOOK)

        assert usd_of(lines, "18 million requests") == pytest.approx(8 * 1.20)
        assert usd_of(lines, "660 GB") == 0
        assert usd_of(lines, "firewall looks") == pytest.approx(18 * 0.60)
        assert usd_of(lines, "firewall's log") == pytest.approx(18e6 * 0.01 * 1.5 / 1e6 * 0.60)

    def test_of_accounts(self) -> None:
        """Half a million: 10,000 free, 90,000 at 0.0055, the rest at 0.0046."""
        profile = Profile(users=5_000_000, cognito_share=0.1)

        lines = work.functions_road(stage=read_stage("production"), profile=profile, took=TOOK)

        assert usd_of(lines, "Cognito") == pytest.approx(90_000 * 0.0055 + 400_000 * 0.0046)


class TestOtherRoads:
    BUSY = replace(QUIET, requests_per_day=86_400 * 100, cached_share=0, order_share=0.1, slower=1)

    def test_containers_follow_the_load(self) -> None:
        """100 requests a second of 10 ms and 10 orders of 100 ms: a vCPU each, half used: 2 containers."""
        lines = work.containers_road(stage=read_stage("production"), profile=self.BUSY, took=TOOK)
        each = (0.04048 + 2 * 0.004445) * 730

        assert usd_of(lines, "web, 2.0") == pytest.approx(2 * each)
        assert usd_of(lines, "worker, 2.0") == pytest.approx(2 * each)
        twice = replace(self.BUSY, requests_per_day=86_400 * 200)
        lines = work.containers_road(stage=read_stage("production"), profile=twice, took=TOOK)
        assert usd_of(lines, "web, 4.0") == pytest.approx(4 * each)

    def test_servers_are_bought_for_the_busiest_hour(self) -> None:
        """Two vCPUs on average, ten in the busiest hour, half used: ten servers of two."""
        lines = work.servers_road(stage=read_stage("production"), profile=self.BUSY, took=TOOK)

        assert usd_of(lines, "10 x c6i.large") == pytest.approx(10 * (0.0912 * 730 + 20 * 0.088))

    def test_pay_for_nothing_that_only_functions_need(self) -> None:
        for road in (work.containers_road, work.servers_road):
            lines = road(stage=read_stage("production"), profile=Profile(), took=TOOK)

            assert not [one for one in lines if one.group == "functions" or "proxy" in one.what]

    @pytest.mark.parametrize(
        ("functions", "other", "expected"),
        [
            (lambda asked: asked.requests_per_day, lambda _: 5000, 5000),
            (lambda asked: asked.requests_per_day, lambda _: 0.5, 1),
            (lambda _: 1, lambda _: 2, None),
        ],
    )
    def test_cost_less_from_the_load_at_which_the_lines_cross(
        self, functions: object, other: object, expected: float | None
    ) -> None:
        found = break_even(profile=Profile(), functions=functions, other=other)  # type: ignore[arg-type]

        assert found == (None if expected is None else pytest.approx(expected, rel=0.002))


class TestProfile:
    def test_is_changed_by_settings(self) -> None:
        profile = profile_of(["requests_per_day=2e6", "order_share=0.05"])

        assert (profile.requests_per_day, profile.order_share) == (2_000_000, 0.05)
        assert profile.users == Profile().users

    @pytest.mark.parametrize("setting", ["visitors=3", "users=many", "users"])
    def test_refuses_what_it_does_not_know(self, setting: str) -> None:
        with pytest.raises(UnknownSetting):
            profile_of([setting])

    def test_takes_what_work_takes_from_the_measurements(self) -> None:
        page = """
| listing, 24 products (HTML) | 10.0 / 20.1 | 8.0 | 3.6 / 5.4 | 2.3 |
| product (HTML) | 10.0 / 21.3 | 8.0 | 1.4 / 1.7 | 1.0 |
| add to cart (API) | 10.0 / 12.4 | 8.0 | 1.1 / 1.4 | 0.7 |
| quote (API) | 10.0 / 13.2 | 8.0 | 1.0 / 1.3 | 0.7 |
| place (API) | 60.0 / 4.2 | 58.0 | 2.0 / 2.4 | 1.4 |
mail, shipment and invoice written; 76 CPU ms of the worker per order.
"""
        found = measured(page)

        assert found.request_ms == pytest.approx(11)
        assert found.request_cpu_ms == pytest.approx(9)
        assert found.order_cpu_ms == 76

    def test_notices_measurements_that_are_gone(self) -> None:
        with pytest.raises(LookupError, match="no line for: listing"):
            measured("nothing")


@pytest.mark.parametrize("name", ["dev", "staging", "production"])
def test_each_stage_gets_its_bill(name: str) -> None:
    stage: Stage = read_stage(name)

    page = report(stage=stage, profile=Profile(), took=measured())

    assert f"{name}, 1,000,000 requests and 20,000 orders a day" in page
    assert "to be checked" in page


def test_the_table_says_from_when_and_where_each_price_is() -> None:
    table = prices.table()

    assert table["region"] == read_stage("production").region
    assert table["as_published"]
    assert {name.split(".")[0] for name in table["prices"]} == set(table["pages"])
