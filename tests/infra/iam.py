"""The policies of a synthesised account, and what IAM decides about calls under them.

The judge is ``@cloud-copilot/iam-simulate``, which knows from AWS's service reference
which resources and condition keys an action has.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.infra.resolved import ACCOUNT, Resolved
from tests.infra.stacks import ROOT, Synthesised

# What an AWS client always sends.
ALWAYS = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
# Where a resource's policy is, and which property names the resource.
RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicPolicy": "Topics",
}

# The judge knows this key only as AWS's reference spells it. No statement has two of
# them, and their values are ARNs of different services.
ENCRYPTION_CONTEXT = re.compile(r"kms:EncryptionContext:[\w:-]+")
KNOWN_CONTEXT = "kms:EncryptionContext:${EncryptionContextKey}"

Statement = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    """May this principal make this call?"""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    # The service of the network's endpoint that the call passes.
    endpoint: str = ""


@dataclass(frozen=True)
class Decision:
    """IAM's answer, and the statements that allowed the call."""

    allowed: bool
    matched: frozenset[str]


class Account:
    """Every policy of a template. Each statement gets a `Sid` of its own."""

    def __init__(self, stack: Synthesised) -> None:
        self.names = Resolved(stack)
        self.statements: dict[str, Statement] = {}
        # By the ARN of the role or of the resource.
        self._identity: dict[str, list[Statement]] = {}
        self._resource: dict[str, list[Statement]] = {}
        # By the service's name.
        self._endpoints: dict[str, dict[str, Any]] = {}
        for id_, resource in self.names.resources.items():
            self._read(id_, resource["Type"], resource.get("Properties", {}))

    def _read(self, id_: str, type_: str, properties: Mapping[str, Any]) -> None:
        if type_ in {"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"}:
            roles = [self.names.arn(role["Ref"]) for role in properties["Roles"]]
            self._add(self._identity, properties["PolicyDocument"], *roles)
        elif type_ == "AWS::IAM::Role":
            for policy in properties.get("Policies", []):
                document = policy["PolicyDocument"]
                self._add(self._identity, document, self.names.arn(id_))
        elif type_ == "AWS::EC2::VPCEndpoint" and "PolicyDocument" in properties:
            service = self.names.of(properties["ServiceName"]).rpartition(".")[2]
            self._endpoints[service] = self.names.of(properties["PolicyDocument"])
        elif type_ == "AWS::KMS::Key":
            self._add(self._resource, properties["KeyPolicy"], self.names.arn(id_))
        elif type_ == "AWS::Lambda::Permission":
            function = self.names.of(properties["FunctionName"])
            self._add(self._resource, self._permission(properties), function)
        elif type_ in RESOURCE_POLICIES:
            owner = properties[RESOURCE_POLICIES[type_]]
            owner = owner[0] if isinstance(owner, list) else owner
            document = properties["PolicyDocument"]
            self._add(self._resource, document, self.names.arn(owner["Ref"]))

    def _permission(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        resolved = self.names.of(properties)
        statement = {
            "Effect": "Allow",
            "Action": resolved["Action"],
            "Principal": {"Service": resolved["Principal"]},
            "Resource": resolved["FunctionName"],
            "Condition": {"ArnLike": {"aws:SourceArn": resolved["SourceArn"]}},
        }
        return {"Statement": [statement]}

    def _add(
        self,
        where: dict[str, list[Statement]],
        document: Mapping[str, Any],
        *owners: str,
    ) -> None:
        for statement in self.names.of(document)["Statement"]:
            sid = f"S{len(self.statements)}"
            self.statements[sid] = statement
            for owner in owners:
                where.setdefault(owner, []).append({**statement, "Sid": sid})

    def decide(self, questions: Sequence[Question]) -> list[Decision]:
        """Ask about every call at once."""
        asked = json.dumps([self._simulation(question) for question in questions])
        asked = ENCRYPTION_CONTEXT.sub(KNOWN_CONTEXT, asked)
        done = subprocess.run(
            ["node", "tests/infra/simulate.js"],
            cwd=ROOT,
            input=asked,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        answers = json.loads(done.stdout)
        for question, answer in zip(questions, answers, strict=True):
            assert "error" not in answer, (question, answer)
            # A key that the action does not have is a mistake in the table.
            sent = {
                ENCRYPTION_CONTEXT.sub(KNOWN_CONTEXT, key) for key in question.context
            }
            assert not set(answer["ignored"]) & sent, question
        return [
            Decision(answer["result"] == "Allowed", frozenset(answer["matched"]))
            for answer in answers
        ]

    def _simulation(self, question: Question) -> dict[str, Any]:
        role = {"aws:PrincipalArn": question.principal} if _is_role(question) else {}
        return {
            "request": {
                "principal": question.principal,
                "action": question.action,
                "resource": {
                    "resource": question.resource,
                    "accountId": _owner(question.resource),
                },
                "contextVariables": {**ALWAYS, **role, **question.context},
            },
            "identityPolicies": [
                {"name": "all", "policy": _document(self._identity[question.principal])}
            ]
            if question.principal in self._identity
            else [],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
            **self._policy_of(question.resource),
            **self._policy_on_the_way(question.endpoint),
        }

    def _policy_of(self, resource: str) -> dict[str, Any]:
        """Return the policy of a resource: an object's is its bucket's."""
        bucket = resource.partition("/")[0]
        statements = self._resource.get(bucket) or self._resource.get(resource)
        return {"resourcePolicy": _document(statements)} if statements else {}

    def _policy_on_the_way(self, endpoint: str) -> dict[str, Any]:
        if not endpoint:
            return {}
        policy = self._endpoints[endpoint]
        return {"vpcEndpointPolicies": [{"name": endpoint, "policy": policy}]}

    def admit(self, resource: str, statement: Statement) -> None:
        """Give somebody else's resource a policy."""
        self._add(self._resource, {"Statement": [statement]}, resource)

    def permissions(self) -> Iterator[tuple[str, str]]:
        """Yield every statement that allows something, with each of its actions."""
        for sid, statement in self.statements.items():
            if statement["Effect"] == "Allow":
                actions = statement["Action"]
                for action in [actions] if isinstance(actions, str) else actions:
                    yield sid, action


def covers(pattern: str, action: str) -> bool:
    """Tell whether a statement's action includes the call."""
    return fnmatchcase(action.lower(), pattern.lower())


def _is_role(question: Question) -> bool:
    return question.principal.startswith("arn:")


def _owner(resource: str) -> str:
    """Return the account in an ARN; S3's names none."""
    parts = resource.split(":")
    return (parts[4] if len(parts) > 4 else "") or ACCOUNT


def _document(statements: list[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
