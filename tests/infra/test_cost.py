"""The cost table: computed from templates, and the same in the guide."""

import copy

import pytest

from tests.infra.stacks import GIVEN_DATABASE, ROOT
from tools.cost.__main__ import STAGES
from tools.cost.bill import Bill, UnpricedError, prices
from tools.cost.table import table


@pytest.fixture
def templates(synthesised):
    stages = (
        synthesised("aws"),
        synthesised("aws", profile="small"),
        synthesised("aws", **GIVEN_DATABASE),
    )
    return dict(zip(STAGES, (stage.template for stage in stages), strict=True))


def test_guide_shows_what_the_command_prints(templates):
    guide = (ROOT / "docs" / "deploy.md").read_text()
    section = guide.partition("## Monthly cost before")[2].partition("\n## ")[0]
    shown = [line for line in section.splitlines() if line.startswith("|")]
    assert shown == table(templates).splitlines()


def test_small_costs_65_dollars_at_most(templates):
    assert sum(Bill(templates["`small`"]).lines().values()) <= 65


def test_what_changes_in_a_template_changes_its_bill(templates):
    small = templates["`small`"]
    dearer = copy.deepcopy(small)
    changed = {
        "AWS::RDS::DBInstance": {"MultiAZ": True},
        "AWS::ApiGateway::Stage": {
            "CacheClusterEnabled": True,
            "CacheClusterSize": "0.5",
        },
        "AWS::Lambda::Function": {"SnapStart": {"ApplyOn": "PublishedVersions"}},
    }
    for resource in dearer["Resources"].values():
        resource.get("Properties", {}).update(changed.get(resource["Type"], {}))
    before, after = Bill(small).lines(), Bill(dearer).lines()
    assert {what for what in before if after[what] > before[what]} == {
        "RDS instance",
        "its storage",
        "API cache",
        "snapshots of started functions",
    }
    hours = prices()["hours"]
    assert after["RDS instance"] == pytest.approx(hours * 0.032)


def test_an_alarm_costs_as_many_times_as_it_has_metrics():
    metric = {"Namespace": "N", "MetricName": "M"}
    alarm = {
        "Metrics": [
            {"MetricStat": {"Metric": metric}},
            {"MetricStat": {"Metric": metric}},
            {"Expression": "a + b"},
        ]
    }
    resources = {
        "One": {"Type": "AWS::CloudWatch::Alarm", "Properties": metric},
        "Two": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
    }
    assert Bill({"Resources": resources}).watching() == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ({"Type": "AWS::EC2::NatGateway"}, "no price for AWS::EC2::NatGateway"),
        (
            {
                "Type": "AWS::RDS::DBInstance",
                "Properties": {"DBInstanceClass": "db.x9.huge", "MultiAZ": False},
            },
            "no price for db.x9.huge: add it to `instance`",
        ),
    ],
)
def test_what_has_no_price_is_refused(resource, told):
    with pytest.raises(UnpricedError, match=told):
        Bill({"Resources": {"New": resource}}).database()
