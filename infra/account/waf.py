"""The firewall in front of the API: floods, known bad input, bad addresses."""

from aws_cdk import Aws, Fn, Names, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra.config import StageConfig

WebACL = wafv2.CfnWebACL
RateLimit = WebACL.RateBasedStatementProperty
MANAGED_RULES = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)


class Firewall(Construct):
    """One web ACL for one stage of the API."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: StageConfig,
        requests_per_caller: int,
        requests_per_address: int,
        key: kms.IKey,
        stage_arn: str,
    ) -> None:
        super().__init__(scope, id_)
        acl = WebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=WebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible("Requests"),
            rules=[
                _floods(requests_per_address),
                _busy_callers(requests_per_caller),
                *_managed(),
            ],
        )
        wafv2.CfnWebACLAssociation(
            self, "Association", resource_arn=stage_arn, web_acl_arn=acl.attr_arn
        )
        self._log(acl, config, key)

    def _log(self, acl: WebACL, config: StageConfig, key: kms.IKey) -> None:
        group = logs.LogGroup(
            self,
            "Logs",
            # WAF writes only to groups with this prefix.
            log_group_name=Fn.join(
                "-", ["aws-waf-logs", Aws.STACK_NAME, Names.unique_id(self)[-8:]]
            ),
            encryption_key=key,
            retention=config.log_retention,
            # The name is fixed: a failed first deployment must not keep it.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        destination = (
            f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:"
            f"{group.log_group_name}"
        )
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[destination],
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(
                    single_header={"Name": "authorization"}
                )
            ],
        )


def _floods(limit: int) -> WebACL.RuleProperty:
    by_address = RateLimit(aggregate_key_type="IP", limit=limit)
    return _block_above(by_address, name="Floods", priority=0)


def _busy_callers(limit: int) -> WebACL.RuleProperty:
    """Limit each token; requests without one count for their address only."""
    header = WebACL.RateLimitHeaderProperty(
        name="authorization",
        text_transformations=[
            WebACL.TextTransformationProperty(priority=0, type="NONE")
        ],
    )
    by_token = RateLimit(
        aggregate_key_type="CUSTOM_KEYS",
        limit=limit,
        custom_keys=[WebACL.RateBasedStatementCustomKeyProperty(header=header)],
    )
    return _block_above(by_token, name="BusyCallers", priority=1)


def _block_above(limit: RateLimit, *, name: str, priority: int) -> WebACL.RuleProperty:
    return WebACL.RuleProperty(
        name=name,
        priority=priority,
        action=WebACL.RuleActionProperty(block={}),
        visibility_config=_visible(name),
        statement=WebACL.StatementProperty(rate_based_statement=limit),
    )


def _managed() -> list[WebACL.RuleProperty]:
    return [
        WebACL.RuleProperty(
            name=name,
            priority=priority,
            override_action=WebACL.OverrideActionProperty(none={}),
            visibility_config=_visible(name),
            statement=WebACL.StatementProperty(
                managed_rule_group_statement=WebACL.ManagedRuleGroupStatementProperty(
                    name=name, vendor_name="AWS"
                )
            ),
        )
        for priority, name in enumerate(MANAGED_RULES, start=2)
    ]


def _visible(name: str) -> WebACL.VisibilityConfigProperty:
    return WebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True,
        metric_name=name,
        # Samples would hold bearer tokens.
        sampled_requests_enabled=False,
    )
