"""A monthly budget for what carries the stack's tag."""

from aws_cdk import Aws
from aws_cdk import aws_budgets as budgets
from constructs import Construct

CfnBudget = budgets.CfnBudget
# CloudFormation gives it to every resource of a stack, and no other stack has it.
STACK_TAG = "aws:cloudformation:stack-name"


class Budget(Construct):
    """Tells an address before the month's money is spent, and when it will be."""

    def __init__(
        self, scope: Construct, id_: str, *, dollars: float, address: str
    ) -> None:
        super().__init__(scope, id_)
        CfnBudget(
            self,
            "Monthly",
            budget=CfnBudget.BudgetDataProperty(
                budget_name=f"{Aws.STACK_NAME}-monthly",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=CfnBudget.SpendProperty(amount=dollars, unit="USD"),
                cost_filters={"TagKeyValue": [f"{STACK_TAG}${Aws.STACK_NAME}"]},
            ),
            notifications_with_subscribers=[
                _notify("ACTUAL", 80, address),
                _notify("FORECASTED", 100, address),
            ],
        )


def _notify(
    type_: str, percent: int, address: str
) -> CfnBudget.NotificationWithSubscribersProperty:
    return CfnBudget.NotificationWithSubscribersProperty(
        notification=CfnBudget.NotificationProperty(
            notification_type=type_,
            comparison_operator="GREATER_THAN",
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[
            CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=address)
        ],
    )
