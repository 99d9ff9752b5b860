"""AWS in moto: clients, and direct access to moto's state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from moto.backend_index import backend_url_patterns
from moto.core.base_backend import BackendDict
from moto.s3.models import s3_backends
from moto.ses.models import ses_backends
from moto.stepfunctions.models import stepfunctions_backends

ACCOUNT, REGION = "123456789012", "us-east-1"
BUCKET = "files"
SENDER = "exports@invoice-export.example"
# The user agent, signatures and validation take a fifth of a call's time and no test
# needs them.
LEAN = Config(
    user_agent="laboratory",
    signature_version=UNSIGNED,
    parameter_validation=False,
    retries={"total_max_attempts": 1},
)
# moto looks whether a call is signed, and not how.
AUTHORIZATION = f"AWS4-HMAC-SHA256 Credential=laboratory/20240101/{REGION}/any/aws4"
SERVICES = ("s3", "ses", "stepfunctions")
DEFINITION = '{"StartAt": "X", "States": {"X": {"Type": "Succeed"}}}'


@dataclass(frozen=True)
class Cloud:
    """The objects, executions and mails that moto stores."""

    bucket: Any
    machine: Any
    ses: Any
    # The keys that were put and not deleted since. What S3 loses is still among them.
    stored: set[str] = field(default_factory=set)

    @classmethod
    def build(cls) -> "Cloud":
        """Requires ``mock_aws`` to be active."""
        # moto tries the regular expressions of all services in this order, each time.
        backend_url_patterns.sort(key=lambda pattern: pattern[0] not in SERVICES)
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
        client: Any = boto3.client(service, config=LEAN)  # type: ignore[call-overload]
        client.meta.events.register("before-call", _authorize)
        if service == "s3":
            client.meta.events.register("provide-client-params.s3", self._note)
        return client

    def _note(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        if model.name == "PutObject":
            self.stored.add(params["Key"])
        elif model.name == "DeleteObject":
            self.stored.discard(params["Key"])
        elif model.name == "DeleteObjects":
            gone = params["Delete"]["Objects"]
            self.stored.difference_update(each["Key"] for each in gone)

    def clear(self) -> None:
        self.stored.clear()
        self.bucket.keys.clear()
        self.bucket.multiparts.clear()
        self.machine.executions.clear()
        self.ses.sent_messages.clear()


def _authorize(params: dict[str, Any], **_: Any) -> None:
    params["headers"]["Authorization"] = AUTHORIZATION


def _backend(backends: BackendDict[Any], region: str) -> Any:
    backend = backends[ACCOUNT][region]
    # moto works out the URLs again for every call, a fifth of the call's time.
    type(backend).urls = backend.urls
    return backend
