"""AWS in moto: clients, and direct access to moto's state."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.s3.models import s3_backends
from moto.ses.models import ses_backends
from moto.stepfunctions.models import stepfunctions_backends

ACCOUNT, REGION = "123456789012", "us-east-1"
BUCKET = "files"
SENDER = "exports@invoice-export.example"
# The user agent and validation take a tenth of a call's time and no test needs them.
LEAN = Config(
    user_agent="laboratory",
    parameter_validation=False,
    retries={"total_max_attempts": 1},
)
DEFINITION = '{"StartAt": "X", "States": {"X": {"Type": "Succeed"}}}'


@dataclass(frozen=True)
class Cloud:
    """The objects, executions and mails that moto stores."""

    bucket: Any
    machine: Any
    ses: Any

    @classmethod
    def build(cls) -> "Cloud":
        """Requires ``mock_aws`` to be active."""
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
        boto3.client("stepfunctions").create_state_machine(
            name="exports",
            definition=DEFINITION,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
        )
        s3 = _backend(s3_backends, "aws")
        machines = _backend(stepfunctions_backends, REGION).state_machines
        return cls(s3.buckets[BUCKET], machines[0], _backend(ses_backends, REGION))

    def client(self, service: str) -> Any:
        return boto3.client(service, config=LEAN)  # type: ignore[call-overload]

    def clear(self) -> None:
        self.bucket.keys.clear()
        self.bucket.multiparts.clear()
        self.machine.executions.clear()
        self.ses.sent_messages.clear()


def _backend(backends: BackendDict[Any], region: str) -> Any:
    backend = backends[ACCOUNT][region]
    # moto works out the URLs again for every call, a fifth of the call's time.
    type(backend).urls = backend.urls
    return backend
