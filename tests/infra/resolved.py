"""A template's values as AWS would fill them in, with made-up ids."""

import json
from collections.abc import Mapping
from typing import Any

from tests.infra.stacks import Synthesised

ACCOUNT, REGION = "111122223333", "us-east-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "InvoiceExport",
    "AWS::URLSuffix": "amazonaws.com",
}


def arn(
    service: str, name: str, *, region: str = REGION, account: str = ACCOUNT
) -> str:
    return f"arn:aws:{service}:{region}:{account}:{name}"


# What `Ref` returns where that is not the id itself.
REFS = {
    "AWS::S3::Bucket": lambda id_: id_.lower(),
    "AWS::SNS::Topic": lambda id_: arn("sns", id_),
    "AWS::SQS::Queue": lambda id_: (
        f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{id_}"
    ),
    "AWS::StepFunctions::StateMachine": lambda id_: arn(
        "states", f"stateMachine:{id_}"
    ),
}
# What `Ref` puts behind the function's ARN.
QUALIFIERS = {"AWS::Lambda::Alias": "live", "AWS::Lambda::Version": "7"}
# What the attributes return whose names end in `Arn`.
ARNS = {
    "AWS::Events::EventBus": lambda id_: arn("events", f"event-bus/{id_}"),
    "AWS::Events::Rule": lambda id_: arn("events", f"rule/{id_}"),
    "AWS::IAM::Role": lambda id_: arn("iam", f"role/{id_}", region=""),
    "AWS::KMS::Key": lambda id_: arn("kms", f"key/{id_}"),
    "AWS::Lambda::Function": lambda id_: arn("lambda", f"function:{id_}"),
    "AWS::Logs::LogGroup": lambda id_: arn("logs", f"log-group:{id_}:*"),
    "AWS::RDS::DBProxy": lambda _: arn("rds", "db-proxy:prx-1"),
    "AWS::S3::Bucket": lambda id_: arn("s3", id_.lower(), region="", account=""),
    "AWS::SQS::Queue": lambda id_: arn("sqs", id_),
}
ATTRIBUTES = {"DbiResourceId": "db-1"}


class Resolved:
    """Resolves the intrinsic functions of one template."""

    def __init__(self, stack: Synthesised) -> None:
        self._stack = stack
        self.resources: Mapping[str, Any] = stack.template["Resources"]

    def of(self, value: Any) -> Any:
        """Return ``value`` with every intrinsic function replaced."""
        if isinstance(value, list):
            return [self.of(each) for each in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument)
        return {key: self.of(each) for key, each in value.items()}

    def arn(self, id_: str) -> str:
        """Return the ARN of the resource with this logical id."""
        type_ = self.resources[id_]["Type"]
        return ARNS[type_](id_) if type_ in ARNS else self._ref(id_)

    def _ref(self, id_: str) -> str:
        if id_ in PSEUDO:
            return PSEUDO[id_]
        resource = self.resources[id_]
        if resource["Type"] in QUALIFIERS:
            function = self.arn(resource["Properties"]["FunctionName"]["Ref"])
            return f"{function}:{QUALIFIERS[resource['Type']]}"
        return REFS.get(resource["Type"], str)(id_)

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._ref(argument)
        if name == "Fn::GetAtt":
            id_, attribute = argument
            if attribute.endswith("Arn"):
                return self.arn(id_)
            return ATTRIBUTES.get(attribute, f"{id_}.{attribute}")
        if name == "Fn::Join":
            separator, parts = argument
            return separator.join(self.of(parts))
        if name == "Fn::Split":
            separator, text = argument
            return self.of(text).split(separator)
        if name == "Fn::Select":
            index, parts = argument
            return self.of(parts)[int(index)]
        raise NotImplementedError(json.dumps({name: argument}))
