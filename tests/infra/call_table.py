"""Every call to AWS that a function makes, or that Lambda makes with its role.

``docs/security.md`` shows this table. The proof compares its actions with the code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from infra.triggers import Queue
from tests.infra.resolved import REGION, Resolved, arn
from tests.infra.stacks import ROWS, Synthesised

ALL = frozenset(ROWS)
IN_NETWORK = frozenset(name for name, row in ROWS.items() if row.in_network)
POLLED = {
    trigger.id: name
    for name, row in ROWS.items()
    for trigger in row.triggers
    if isinstance(trigger, Queue)
}
EXECUTION = "019a20c7-de4f-7903-bda6-887bcf07d542-1"


class Places:
    """The ARNs that calls name."""

    def __init__(self, stack: Synthesised, names: Resolved) -> None:
        self._stack = stack
        self._names = names
        self.machine = self._only("AWS::StepFunctions::StateMachine", "Workflow")
        self.execution = (
            f"{self.machine.replace(':stateMachine:', ':execution:')}:{EXECUTION}"
        )
        self.bucket = self._only("AWS::S3::Bucket", "FilesBucket")
        self.part = f"{self.bucket}/parts/org/run/1/0"
        self.file = f"{self.bucket}/exports/org/run/file.csv"
        self.digests = self._only("AWS::S3::Bucket", "FilesDigests")
        self.digest = f"{self.digests}/audit-digests/2026-11-26.json"
        self.key = self._only("AWS::KMS::Key", "")
        self.bus = self._only("AWS::Events::EventBus", "")
        self.events = self._only("AWS::SQS::Queue", "QueuesEvents")
        self.mail_events = self._only("AWS::SQS::Queue", "QueuesMailEvents")
        self.dead_letters = self._only("AWS::SQS::Queue", "QueuesDeadLetters")
        self.sender = arn("ses", f"identity/{stack.config.sender_address}")
        self.app_login = arn("rds-db", "dbuser:prx-1/invoice_export_app")
        self.owner_login = arn("rds-db", "dbuser:db-1/invoice_export_owner")
        self.interface = arn("ec2", "network-interface/eni-1")

    def role(self, function: str) -> str:
        role = self._stack.functions[function]["Properties"]["Role"]
        return str(self._names.of(role))

    def arn(self, function: str) -> str:
        return self._names.arn(self._stack.logical_id(self._stack.functions[function]))

    def log(self, function: str) -> str:
        """Return the ARN of a stream in the function's own log group."""
        group = self._stack.functions[function]["Properties"]["LoggingConfig"]
        return arn("logs", f"log-group:{group['LogGroup']['Ref']}:log-stream:1")

    def _only(self, type_: str, prefix: str) -> str:
        (id_,) = (
            id_
            for id_, found in self._names.resources.items()
            if found["Type"] == type_ and id_.startswith(prefix)
        )
        return self._names.arn(id_)


Resource = Callable[[Places, str], str]


@dataclass(frozen=True, kw_only=True)
class Call:
    """Actions on one resource with the same conditions, and the functions that may."""

    actions: tuple[str, ...]
    on: str
    resource: Resource
    by: frozenset[str]
    context: Mapping[str, str] = field(default_factory=dict)
    # Lambda makes it, or AWS checks for it: no line of code does.
    why: str = ""


def call(
    actions: str,
    on: str,
    resource: Resource,
    by: str | frozenset[str],
    *,
    context: Mapping[str, str] | None = None,
    why: str = "",
) -> Call:
    names = frozenset(by.split()) if isinstance(by, str) else by
    return Call(
        actions=tuple(actions.split()),
        on=on,
        resource=resource,
        by=names,
        context=context or {},
        why=why,
    )


def via(service: str) -> dict[str, str]:
    return {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}


def anything(_places: Places, _function: str) -> str:
    return "*"


CLEANERS = "http_api reconcile_runs"
POLL = "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes"
BY_LAMBDA = "Lambda, with the function's role"
FUNCTION_CONTEXT = {
    "kms:EncryptionContext:aws:lambda:FunctionArn": arn("lambda", "function:any")
}

CALLS = (
    call(
        "states:StartExecution",
        "the state machine, through its alias",
        lambda places, _: places.machine,
        "http_api finish_run reconcile_runs",
        context={"states:StateMachineQualifier": "live"},
    ),
    call(
        "states:DescribeExecution",
        "an execution",
        lambda places, _: places.execution,
        "reconcile_runs",
    ),
    call(
        "states:StopExecution states:GetExecutionHistory "
        "states:DescribeStateMachineForExecution",
        "an execution",
        lambda places, _: places.execution,
        "http_api",
    ),
    call(
        "states:DescribeStateMachine",
        "the state machine",
        lambda places, _: places.machine,
        "http_api",
    ),
    call(
        "s3:GetObject",
        "a part",
        lambda places, _: places.part,
        "write_page compose_file",
    ),
    call("s3:PutObject", "a part", lambda places, _: places.part, "write_page"),
    call("s3:DeleteObject", "a part", lambda places, _: places.part, CLEANERS),
    call(
        "s3:GetObject", "a file", lambda places, _: places.file, "compose_file http_api"
    ),
    call("s3:PutObject", "a file", lambda places, _: places.file, "compose_file"),
    call("s3:DeleteObject", "a file", lambda places, _: places.file, CLEANERS),
    call(
        "s3:AbortMultipartUpload",
        "a file",
        lambda places, _: places.file,
        f"{CLEANERS} compose_file finish_run",
    ),
    call("s3:AbortMultipartUpload", "a part", lambda places, _: places.part, CLEANERS),
    call(
        "s3:ListBucketMultipartUploads",
        "the bucket",
        lambda places, _: places.bucket,
        f"{CLEANERS} compose_file finish_run",
    ),
    call(
        "s3:ListBucket",
        "the bucket",
        lambda places, _: places.bucket,
        f"{CLEANERS} compose_file",
    ),
    call(
        "s3:GetObject s3:PutObject",
        "a digest",
        lambda places, _: places.digest,
        "digest_audit_log",
    ),
    call(
        "s3:ListBucket",
        "the bucket of digests",
        lambda places, _: places.digests,
        "digest_audit_log",
    ),
    call(
        "kms:Decrypt",
        "the key, through S3",
        lambda places, _: places.key,
        "write_page compose_file http_api digest_audit_log",
        context=via("s3"),
        why="S3, for whoever reads an object",
    ),
    call(
        "kms:GenerateDataKey",
        "the key, through S3",
        lambda places, _: places.key,
        "write_page compose_file digest_audit_log",
        context=via("s3"),
        why="S3, for whoever writes an object",
    ),
    call(
        "ses:SendEmail",
        "the sender's identity",
        lambda places, _: places.sender,
        "send_email reconcile_runs",
        context={"ses:FromAddress": "exports@replace-me.invalid"},
    ),
    call(
        "sqs:SendMessage",
        "the queue of events",
        lambda places, _: places.events,
        "reconcile_runs",
    ),
    call("events:PutEvents", "the bus", lambda places, _: places.bus, "deliver_events"),
    call(
        "rds-db:connect",
        "the proxy, as `invoice_export_app`",
        lambda places, _: places.app_login,
        frozenset(n for n, row in ROWS.items() if row.connects_as)
        - {"migrate_database"},
        why="the database, when it reads a token",
    ),
    call(
        "rds-db:connect",
        "the database, as `invoice_export_owner`",
        lambda places, _: places.owner_login,
        "migrate_database",
        why="the database, when it reads a token",
    ),
    call(
        POLL,
        "the queue of mail events",
        lambda places, _: places.mail_events,
        POLLED["MailEvents"],
        why=BY_LAMBDA,
    ),
    call(
        POLL,
        "the queue of events",
        lambda places, _: places.events,
        POLLED["Events"],
        why=BY_LAMBDA,
    ),
    call(
        "sqs:SendMessage",
        "the dead letters",
        lambda places, _: places.dead_letters,
        ALL,
        why=BY_LAMBDA,
    ),
    call(
        "kms:Decrypt kms:GenerateDataKey",
        "the key, through SQS",
        lambda places, _: places.key,
        ALL,
        context=via("sqs"),
        why="SQS, for whoever reads or sends a message",
    ),
    call(
        "kms:Decrypt",
        "the key, for a function's variables",
        lambda places, _: places.key,
        ALL,
        context=FUNCTION_CONTEXT,
        why=BY_LAMBDA,
    ),
    call(
        "logs:CreateLogStream logs:PutLogEvents",
        "its own log group",
        lambda places, function: places.log(function),
        ALL,
        why=BY_LAMBDA,
    ),
    call(
        "xray:PutTraceSegments xray:PutTelemetryRecords",
        "anything",
        anything,
        ALL,
        why=BY_LAMBDA,
    ),
    call(
        "ec2:DescribeNetworkInterfaces ec2:DescribeSubnets",
        "anything",
        anything,
        IN_NETWORK,
        why=BY_LAMBDA,
    ),
    call(
        "ec2:CreateNetworkInterface ec2:DeleteNetworkInterface "
        "ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses",
        "a network interface",
        lambda places, _: places.interface,
        IN_NETWORK,
        why=BY_LAMBDA,
    ),
)


def table() -> str:
    """Return the table as ``docs/security.md`` shows it."""
    lines = ["| call | on | by | made by |", "| --- | --- | --- | --- |"]
    for each in CALLS:
        actions = ", ".join(f"`{action}`" for action in each.actions)
        lines.append(
            f"| {actions} | {each.on} | {_names(each.by)} | {each.why or 'its code'} |"
        )
    return "\n".join(lines)


def _names(by: frozenset[str]) -> str:
    if by == ALL:
        return "every function"
    if by == IN_NETWORK:
        return "every function in the network"
    return ", ".join(f"`{name}`" for name in sorted(by))
