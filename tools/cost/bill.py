"""Adds up what a template's resources cost by the month, each by its price."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from infra.instance_classes import instance_class

PRICES = Path(__file__).with_name("prices.json")

Template = Mapping[str, Any]
Properties = Mapping[str, Any]
MINUTES_PER_HOUR, SECONDS_PER_HOUR = 60, 3600
MEGABYTES_PER_GB = 1024
OWN_NAMESPACE = {"Ref": "AWS::StackName"}


class UnpricedError(Exception):
    """The prices lack something; the message is one line for the terminal."""


@cache
def prices() -> Mapping[str, Any]:
    """Return the content of ``prices.json``."""
    found: dict[str, Any] = json.loads(PRICES.read_text())
    return found


class Bill:
    """The resources of one template, and sums over them."""

    def __init__(self, template: Template) -> None:
        self._resources: Mapping[str, Any] = template["Resources"]
        self._refuse_unpriced()

    def lines(self) -> dict[str, float]:
        """Return dollars a month by what they pay for."""
        return {what: cost(self) for what, cost in LINES.items()}

    def database(self) -> float:
        """Return the price of the instance, by class and zones."""
        return self._hours(
            _priced("instance", found["DBInstanceClass"])[_zones(found)]
            for found in self._all("RDS::DBInstance")
        )

    def storage(self) -> float:
        """Return the price of the storage that is there from the beginning."""
        return float(
            sum(
                int(found["AllocatedStorage"]) * prices()["storage_gb"][_zones(found)]
                for found in self._all("RDS::DBInstance")
            )
        )

    def proxy(self) -> float:
        """Return the price of a proxy, by the vCPUs of the database behind it."""
        if not self._all("RDS::DBProxy"):
            return 0
        return self._hours(
            instance_class(found["DBInstanceClass"]).vcpus * prices()["proxy_vcpu_hour"]
            for found in self._all("RDS::DBInstance")
        )

    def endpoints(self) -> float:
        """Return the price of interface endpoints, for each zone."""
        return self._hours(
            len(found["SubnetIds"]) * prices()["endpoint_hour"]
            for found in self._all("EC2::VPCEndpoint")
            if found["VpcEndpointType"] == "Interface"
        )

    def firewall(self) -> float:
        """Return the price of the ACL and its rules."""
        return float(
            sum(
                prices()["firewall"] + len(found["Rules"]) * prices()["firewall_rule"]
                for found in self._all("WAFv2::WebACL")
            )
        )

    def cache(self) -> float:
        """Return the price of the API's cache, by size."""
        return self._hours(
            _priced("cache_hour", found["CacheClusterSize"])
            for found in self._all("ApiGateway::Stage")
            if found.get("CacheClusterEnabled")
        )

    def watching(self) -> float:
        """Return the price of alarms, the dashboard and the sweep's metrics."""
        alarms = self._all("CloudWatch::Alarm")
        metrics = [metric for alarm in alarms for metric in _metrics(alarm)]
        swept = {
            metric["MetricName"]
            for metric in metrics
            if metric.get("Namespace") == OWN_NAMESPACE
            and metric["Dimensions"] == [{"Name": "service", "Value": "reconcile_runs"}]
        }
        return float(
            len(metrics) * prices()["alarm_metric"]
            + len(self._all("CloudWatch::Dashboard")) * prices()["dashboard"]
            + len(swept) * prices()["metric"]
        )

    def keys(self) -> float:
        """Return the price of keys."""
        return float(len(self._all("KMS::Key")) * prices()["key"])

    def sweeping(self) -> float:
        """Return the price of what runs on a schedule, and of polling empty queues."""
        assumed = prices()["assumed"]
        runs = sum(
            _runs_per_month(rule["ScheduleExpression"])
            for rule in self._all("Events::Rule")
            if "ScheduleExpression" in rule
        )
        (memory,) = {
            found["MemorySize"]
            for found in self._all("Lambda::Function")
            if "reconcile_runs" in found["Description"]
        }
        seconds = memory / MEGABYTES_PER_GB * assumed["sweep_seconds"]
        receives = (
            len(self._all("Lambda::EventSourceMapping"))
            * assumed["pollers_per_queue"]
            * assumed["receives_per_poller_minute"]
            * prices()["hours"]
            * MINUTES_PER_HOUR
        )
        run = (
            seconds * prices()["function_gb_second"]
            + prices()["function_request"]
            + prices()["trace"]
        )
        return float(runs * run + receives * prices()["queue_request"])

    def snapshots(self) -> float:
        """Return the price of keeping started functions, one version of each."""
        kept = sum(
            found["MemorySize"] / MEGABYTES_PER_GB
            for found in self._all("Lambda::Function")
            if found.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions"
        )
        return self._hours([kept * SECONDS_PER_HOUR * prices()["snapshot_gb_second"]])

    def _hours(self, each: Any) -> float:
        return float(sum(each) * prices()["hours"])

    def _all(self, type_: str) -> Sequence[Properties]:
        return [
            resource["Properties"]
            for resource in self._resources.values()
            if resource["Type"] == f"AWS::{type_}"
        ]

    def _refuse_unpriced(self) -> None:
        known = PRICED | {
            f"{service}::{name}"
            for service, names in prices()["free"].items()
            for name in names
        }
        for resource in self._resources.values():
            service, _, name = resource["Type"].partition("::")
            if service == "AWS" and name not in known:
                raise UnpricedError(
                    f"no price for AWS::{name}: add one to tools/cost, or add the "
                    "type to `free` in prices.json"
                )


def _zones(instance: Properties) -> str:
    return "multi" if instance["MultiAZ"] else "single"


def _priced(what: str, size: str) -> Any:
    if size not in prices()[what]:
        raise UnpricedError(f"no price for {size}: add it to `{what}` in prices.json")
    return prices()[what][size]


def _metrics(alarm: Properties) -> list[Properties]:
    """Return the metrics of an alarm, each of which is billed."""
    if "MetricName" in alarm:
        return [alarm]
    return [
        entry["MetricStat"]["Metric"]
        for entry in alarm["Metrics"]
        if "MetricStat" in entry
    ]


def _runs_per_month(schedule: str) -> float:
    runs_per_hour = {"rate(1 minute)": MINUTES_PER_HOUR, "rate(1 day)": 1 / 24}
    if schedule not in runs_per_hour:
        raise UnpricedError(f"no number of runs for the schedule {schedule}")
    return float(prices()["hours"] * runs_per_hour[schedule])


LINES: Mapping[str, Callable[[Bill], float]] = {
    "RDS instance": Bill.database,
    "its storage": Bill.storage,
    "RDS Proxy": Bill.proxy,
    "interface endpoints": Bill.endpoints,
    "firewall": Bill.firewall,
    "API cache": Bill.cache,
    "alarms, dashboard, metrics": Bill.watching,
    "key": Bill.keys,
    "sweep every minute, empty queues": Bill.sweeping,
    "snapshots of started functions": Bill.snapshots,
}
PRICED = {
    "ApiGateway::Stage",
    "CloudWatch::Alarm",
    "CloudWatch::Dashboard",
    "EC2::VPCEndpoint",
    "Events::Rule",
    "KMS::Key",
    "Lambda::EventSourceMapping",
    "Lambda::Function",
    "RDS::DBInstance",
    "RDS::DBProxy",
    "WAFv2::WebACL",
}
