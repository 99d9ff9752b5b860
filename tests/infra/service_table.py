"""Every call that AWS makes for the stage, and what it says about its source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.account.canary import SHIFT
from infra.account.unscoped import (
    DATABASE_MONITORING,
    LOG_DELIVERY,
    RELEASE_ALARMS,
    SAMPLED_TRACES,
)
from tests.infra.call_table import Places, via
from tests.infra.resolved import ACCOUNT, REGION, Resolved, arn
from tests.infra.stacks import ROWS

STRANGER = "999988887777"
OWN = {"aws:SourceAccount": ACCOUNT}
MESSAGES = ("kms:Decrypt", "kms:GenerateDataKey")
OBJECTS = ("kms:Encrypt", "kms:ReEncryptFrom")
OF_STREAMS = {"logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents"}
EVENTS, CLOUDWATCH = "events.amazonaws.com", "cloudwatch.amazonaws.com"
SES, SNS = "ses.amazonaws.com", "sns.amazonaws.com"
DELIVERY = "logging.s3.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class ServiceCall:
    """A call by a service, or by a role that only a service assumes."""

    principal: str
    actions: tuple[str, ...]
    resource: str
    source: Mapping[str, str] = field(default_factory=dict)

    @property
    def of_a_stranger(self) -> Mapping[str, str]:
        """What the service says when it acts for somebody else."""
        return {k: v.replace(ACCOUNT, STRANGER) for k, v in self.source.items()}


class Services:
    """Finds the resources between which services carry messages."""

    def __init__(self, places: Places, names: Resolved) -> None:
        self._places = places
        self._names = names

    def calls(self) -> list[ServiceCall]:
        return [
            *self._keys(),
            *self._messages(),
            *self._functions(),
            *self._closer(),
            *self._backups(),
            *self._releases(),
            *self._logs(),
        ]

    def _keys(self) -> list[ServiceCall]:
        key = self._places.key
        context = "kms:EncryptionContext:aws"
        named = arn("events", f"event-bus/{self._bus_name()}")
        on_the_bus = {"aws:SourceArn": named, f"{context}:events:event-bus:arn": named}
        queue = {f"{context}:sqs:arn": self._places.dead_letters}
        return [
            # EventBridge sends no source's account when a queue is its target.
            _call(EVENTS, MESSAGES, key, queue | via("sqs")),
            _call(EVENTS, MESSAGES, key, OWN | on_the_bus),
            _call(SNS, MESSAGES, key, OWN | queue | via("sqs")),
            _call(SES, MESSAGES, key, OWN | via("sns")),
            _call(CLOUDWATCH, MESSAGES, key, OWN | via("sns")),
            _call(
                f"logs.{REGION}.amazonaws.com",
                (*OBJECTS, *MESSAGES),
                key,
                {f"{context}:logs:arn": arn("logs", "log-group:any")},
            ),
            # CDK admits the delivery of access logs without a condition.
            _call(DELIVERY, (*OBJECTS, *MESSAGES), key),
        ]

    def _messages(self) -> list[ServiceCall]:
        (mail,) = self._all("AWS::SNS::Topic", "Mail")
        (alarms,) = self._all("AWS::SNS::Topic", "Alarms")
        (reports,) = (
            arn("ses", f"configuration-set/{id_}")
            for id_ in self._ids("AWS::SES::ConfigurationSet", "")
        )
        send = ("sqs:SendMessage",)
        letters = self._places.dead_letters
        return [
            _call(SES, ("sns:Publish",), mail, OWN | {"aws:SourceArn": reports}),
            _call(CLOUDWATCH, ("sns:Publish",), alarms, OWN),
            _call(SNS, send, self._places.mail_events, {"aws:SourceArn": mail}),
            _call(SNS, send, letters, {"aws:SourceArn": mail}),
            *(
                _call(EVENTS, send, letters, {"aws:SourceArn": rule})
                for rule in self._all("AWS::Events::Rule", "")
            ),
        ]

    def _functions(self) -> list[ServiceCall]:
        """Every permission names who invokes: the gateway's routes, and the rules."""
        invoke = ("lambda:InvokeFunction",)
        found = [
            _call(
                permission["Principal"],
                invoke,
                permission["FunctionName"],
                {"aws:SourceArn": permission["SourceArn"].replace("*", "any")},
            )
            for permission in map(
                self._names.of, self._properties("AWS::Lambda::Permission")
            )
        ]
        (machine,) = self._all("AWS::IAM::Role", "Workflow")
        (proxy,) = self._all("AWS::IAM::Role", "DatabaseProxy")
        login = arn("rds-db", "dbuser:db-1/invoice_export_app")
        steps = (self._places.arn(name) for name, row in ROWS.items() if row.states)
        return [
            *found,
            # The version that it names, and those of running executions.
            *(
                _call(machine, invoke, f"{step}:{version}")
                for step in steps
                for version in ("7", "99", "999", "9999")
            ),
            _call(proxy, ("rds-db:connect",), login),
        ]

    def _closer(self) -> list[ServiceCall]:
        """CDK's function, which closes the network's default security group."""
        (role,) = self._all("AWS::IAM::Role", "CustomVpcRestrictDefaultSG")
        (vpc,) = self._ids("AWS::EC2::VPC", "")
        (group,) = self._ids("AWS::Logs::LogGroup", "DefaultGroup")
        stream = arn("logs", f"log-group:{group}:log-stream:1")
        closed = arn("ec2", f"security-group/{vpc}.DefaultSecurityGroup")
        return [
            _call(
                role,
                tuple(
                    f"ec2:{change}SecurityGroup{direction}"
                    for change in ("Authorize", "Revoke")
                    for direction in ("Ingress", "Egress")
                ),
                closed,
            ),
            _call(role, ("logs:CreateLogStream", "logs:PutLogEvents"), stream),
            _call(role, ("sqs:SendMessage",), self._places.dead_letters),
            _call(role, MESSAGES, self._places.key, via("sqs")),
        ]

    def _backups(self) -> list[ServiceCall]:
        """EventBridge, as the rule's role, tells of a backup that has failed."""
        (role,) = self._all("AWS::IAM::Role", "AlarmsBackup")
        (alarms,) = self._all("AWS::SNS::Topic", "Alarms")
        return [
            _call(role, ("sns:Publish",), alarms),
            _call(role, MESSAGES, self._places.key, via("sns")),
        ]

    def _releases(self) -> list[ServiceCall]:
        """CodeDeploy moves the alias to the new version, unless there is an alarm."""
        (role,) = self._all("AWS::IAM::Role", "Canary")
        function = self._places.arn("http_api")
        return [
            _call(role, SHIFT, function),
            _call(role, RELEASE_ALARMS, "*"),
        ]

    def _logs(self) -> list[ServiceCall]:
        (logs,) = self._all("AWS::S3::Bucket", "FilesAccessLogs")
        (flow,) = self._all("AWS::IAM::Role", "FoundationNetworkFlowLog")
        (group,) = self._ids("AWS::Logs::LogGroup", "FoundationNetworkFlowLog")
        (monitoring,) = self._all("AWS::IAM::Role", "DatabaseMonitoring")
        (machine,) = self._all("AWS::IAM::Role", "Workflow")
        streams = arn("logs", f"log-group:{group}:log-stream:eni-1")
        metrics = arn("logs", "log-group:RDSOSMetrics")
        put = ("s3:PutObject",)
        from_files = {"aws:SourceArn": self._places.bucket}
        return [
            _call(DELIVERY, put, f"{logs}/files/1", OWN | from_files),
            _call(
                DELIVERY,
                put,
                f"{logs}/digests/1",
                OWN | {"aws:SourceArn": self._places.digests},
            ),
            _call(DELIVERY, put, f"{logs}/self/1", OWN | {"aws:SourceArn": logs}),
            _call(flow, ("logs:CreateLogStream", "logs:PutLogEvents"), streams),
            # CloudWatch Logs checks this action on a stream without a name.
            _call(flow, ("logs:DescribeLogStreams",), streams.removesuffix("eni-1")),
            _call(machine, (*LOG_DELIVERY, *SAMPLED_TRACES), "*"),
            *(
                _call(
                    monitoring,
                    (action,),
                    f"{metrics}:log-stream:db-1" if action in OF_STREAMS else metrics,
                )
                for action in DATABASE_MONITORING
            ),
        ]

    def _all(self, type_: str, prefix: str) -> list[str]:
        return [self._names.arn(id_) for id_ in self._ids(type_, prefix)]

    def _ids(self, type_: str, prefix: str) -> list[str]:
        return [
            id_
            for id_, resource in self._names.resources.items()
            if resource["Type"] == type_ and id_.startswith(prefix)
        ]

    def _bus_name(self) -> str:
        (bus,) = self._properties("AWS::Events::EventBus")
        return str(bus["Name"])

    def _properties(self, type_: str) -> list[Mapping[str, Any]]:
        return [
            resource["Properties"]
            for resource in self._names.resources.values()
            if resource["Type"] == type_
        ]


def _call(
    principal: str,
    actions: tuple[str, ...],
    resource: str,
    source: Mapping[str, str] | None = None,
) -> ServiceCall:
    return ServiceCall(
        principal=principal, actions=actions, resource=resource, source=source or {}
    )
