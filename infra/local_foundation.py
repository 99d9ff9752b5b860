"""The foundation of the local stages: the product and nothing around it."""

from collections.abc import Sequence

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.api import Api
from infra.config import ConfigError, StageConfig
from infra.database import LocalDatabase
from infra.encryption import ServiceKeys
from infra.files import Files
from infra.functions import Functions
from infra.mail import Mail
from infra.parts import Parts
from infra.published import Published
from infra.queues import Queues
from infra.workflow import Workflow


class LocalFoundation:
    """Builds each part as it is, with nothing added."""

    def __init__(self, stack: Construct, *, config: StageConfig) -> None:
        if config.database is None:
            raise ConfigError("the local stages need a database")
        self._stack = stack
        self._config = config
        self.encryption = ServiceKeys()
        self.database = LocalDatabase(config.database)

    def files(self) -> Files:
        return Files(
            self._stack, "Files", config=self._config, encryption=self.encryption
        )

    def functions(self, *, dead_letters: sqs.IQueue) -> Functions:
        return Functions(
            self._stack,
            "Functions",
            config=self._config,
            encryption=self.encryption,
            dead_letters=dead_letters,
        )

    def workflow(self, *, steps: Sequence[Published]) -> Workflow:
        return Workflow(
            self._stack,
            "Workflow",
            config=self._config,
            encryption=self.encryption,
            steps=steps,
        )

    def api(self, *, http_api: lambda_.IFunction, authorize: lambda_.IFunction) -> Api:
        return Api(
            self._stack,
            "Api",
            config=self._config,
            http_api=http_api,
            authorize=authorize,
        )

    def mail(self, *, queues: Queues) -> Mail:
        return Mail(self._stack, "Mail", config=self._config, queues=queues)

    def complete(self, parts: Parts, functions: Functions) -> None:
        """Add nothing: nobody watches a laptop."""
