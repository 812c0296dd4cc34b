"""The zone of a stage's names, which cannot be deleted while names are left in it."""

from collections.abc import Mapping
from typing import Any

from infra.release.account import client

_PROOF = ".acm-validations.aws."


def delegation(outputs: Mapping[str, str], *, region: str) -> str:
    """What a person has to do, once, before certificates can be had for the stage's names."""
    zone = client("route53", region=region).get_hosted_zone(Id=outputs["HostedZoneId"])
    servers = ", ".join(zone["DelegationSet"]["NameServers"])
    name = zone["HostedZone"]["Name"].rstrip(".")
    return f"the zone {name} is new: delegate it to {servers}, wait until that is known, and release again"


def forget_proofs(*, zone: str, region: str) -> None:
    """Delete the names by which certificates were proven: who wrote them leaves them behind."""
    route53 = client("route53", region=region)
    pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    proofs = [one for page in pages for one in page["ResourceRecordSets"] if _is_proof(one)]
    changes = [{"Action": "DELETE", "ResourceRecordSet": one} for one in proofs]
    if changes:
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def _is_proof(name: Mapping[str, Any]) -> bool:
    values = [one["Value"] for one in name.get("ResourceRecords", [])]
    return name["Type"] == "CNAME" and any(_PROOF in f"{value}." for value in values)
