"""Who pays for what: tags on everything, and a budget that tells somebody."""

import json

import pytest
from aws_cdk import App, CfnResource, TagManager

from infra.account.foundation import UNTAGGED
from infra.config import ConfigError
from infra.invoice_export_stack import InvoiceExportStack
from tests.infra.stacks import ROOT, config_of

TAGS = {"project": "invoice-export", "stage": "staging"}
ADDRESS = "ops@sender.example"


def is_taggable(resource):
    taggable = TagManager.is_taggable(resource)
    return taggable and resource.cfn_resource_type not in UNTAGGED


@pytest.fixture(scope="module")
def stack(stub_layers):
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=context, analytics_reporting=False)
    given = {"name": "staging", "monthlyBudget": "250", "alarmEmail": ADDRESS}
    return InvoiceExportStack(app, config=config_of("aws", **given))


@pytest.fixture(scope="module")
def resources(stack):
    found = stack.node.root.synth().get_stack_by_name(stack.stack_name)
    return found.template["Resources"]


def test_everything_that_takes_tags_names_project_and_stage(stack, resources):
    seen = 0
    for made in stack.node.find_all():
        if not isinstance(made, CfnResource) or not is_taggable(made):
            continue
        seen += 1
        properties = resources[stack.resolve(made.logical_id)]["Properties"]
        manager = made.tags if hasattr(made, "tags") else made.cdk_tag_manager
        name = manager.tag_property_name
        tags = properties[name[0].upper() + name[1:]]
        if isinstance(tags, list):
            tags = {tag["Key"]: tag["Value"] for tag in tags}
        assert tags.items() >= TAGS.items(), made.node.path
    assert seen > 50


def test_a_budget_of_this_stack_tells_the_alarms_address(resources):
    (budget,) = (
        found["Properties"]
        for found in resources.values()
        if found["Type"] == "AWS::Budgets::Budget"
    )
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 250, "Unit": "USD"}
    (tag,) = budget["Budget"]["CostFilters"]["TagKeyValue"]
    assert tag == {
        "Fn::Join": ["", ["aws:cloudformation:stack-name$", {"Ref": "AWS::StackName"}]]
    }
    told = [
        (entry["Notification"]["NotificationType"], subscriber["Address"])
        for entry in budget["NotificationsWithSubscribers"]
        for subscriber in entry["Subscribers"]
    ]
    assert told == [("ACTUAL", ADDRESS), ("FORECASTED", ADDRESS)]


def test_a_budget_may_tell_somebody_else_but_not_nobody(synthesised):
    assert synthesised("aws").resources("AWS::Budgets::Budget") == []
    given = {"alarmEmail": ADDRESS, "budgetEmail": "pay@sender.example"}
    account = config_of("aws", monthlyBudget="9.5", **given).account
    assert (account.monthly_budget, account.budget_email) == (9.5, "pay@sender.example")
    with pytest.raises(ConfigError, match="give alarmEmail or budgetEmail"):
        config_of("aws", monthlyBudget="250")
    with pytest.raises(ConfigError, match="monthlyBudget=many is not a number"):
        config_of("aws", monthlyBudget="many", alarmEmail=ADDRESS)
