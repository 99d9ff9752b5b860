"""What a stage is built on: a laptop or an account.

The stack asks its foundation for every part that differs between the two, so nothing
else has to know which one it is.
"""

from collections.abc import Sequence
from typing import Protocol

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from infra.api import Api
from infra.database import Database
from infra.encryption import Encryption
from infra.files import Files
from infra.functions import Functions
from infra.mail import Mail
from infra.parts import Parts
from infra.published import Published
from infra.queues import Queues
from infra.workflow import Workflow


class Foundation(Protocol):
    """Builds the parts of the product that differ from stage to stage."""

    @property
    def encryption(self) -> Encryption:
        """How everything stored is encrypted."""

    @property
    def database(self) -> Database:
        """The PostgreSQL of the stage."""

    def files(self) -> Files:
        """Create the bucket."""

    def functions(self, *, dead_letters: sqs.IQueue) -> Functions:
        """Create every function."""

    def workflow(self, *, steps: Sequence[Published]) -> Workflow:
        """Create the state machine."""

    def api(self, *, http_api: lambda_.IFunction, authorize: lambda_.IFunction) -> Api:
        """Create the REST API."""

    def mail(self, *, queues: Queues) -> Mail:
        """Create the sender."""

    def complete(self, parts: Parts, functions: Functions) -> None:
        """Add what watches and protects the finished product."""
