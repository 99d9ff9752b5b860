"""The foundation of an account: a key, a network, a database, alarms."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.account.alarm_table import Watched
from infra.account.alarms import Alarms
from infra.account.api import AccountApi
from infra.account.database import AccountDatabase
from infra.account.default_group import DefaultGroup
from infra.account.files import AccountFiles
from infra.account.functions import AccountFunctions
from infra.account.key import OwnKey
from infra.account.mail import AccountMail
from infra.account.migrations import Migrations
from infra.account.network import Network
from infra.account.policies import manage_policies
from infra.account.unscoped import Unscoped
from infra.account.workflow import AccountWorkflow
from infra.config import AccountConfig, StageConfig
from infra.functions import Functions
from infra.parts import Parts
from infra.queues import Queues
from infra.triggers import Deployment


class AccountFoundation(Construct):
    """Creates what every part stands on, before anything else of the stage."""

    def __init__(
        self,
        stack: Stack,
        id_: str,
        *,
        config: StageConfig,
        account: AccountConfig,
    ) -> None:
        super().__init__(stack, id_)
        self._stack = stack
        self._config = config
        self._account = account
        self._unscoped = Unscoped()
        self.encryption = OwnKey(self, "Encryption")
        self._network = Network(
            self, "Network", config=config, account=account, key=self.encryption.key
        )
        self.database = AccountDatabase(
            stack,
            "Database",
            account=account,
            network=self._network,
            encryption=self.encryption,
            unscoped=self._unscoped,
        )

    def files(self) -> AccountFiles:
        return AccountFiles(
            self._stack,
            "Files",
            config=self._config,
            account=self._account,
            encryption=self.encryption,
        )

    def functions(self, *, dead_letters: sqs.IQueue) -> AccountFunctions:
        return AccountFunctions(
            self._stack,
            "Functions",
            config=self._config,
            encryption=self.encryption,
            network=self._network,
            unscoped=self._unscoped,
            dead_letters=dead_letters,
        )

    def workflow(self, *, steps: Sequence[lambda_.Function]) -> AccountWorkflow:
        return AccountWorkflow(
            self._stack,
            "Workflow",
            config=self._config,
            encryption=self.encryption,
            unscoped=self._unscoped,
            steps=steps,
        )

    def api(
        self, *, http_api: lambda_.IFunction, authorize: lambda_.IFunction
    ) -> AccountApi:
        return AccountApi(
            self._stack,
            "Api",
            config=self._config,
            account=self._account,
            encryption=self.encryption,
            http_api=http_api,
            authorize=authorize,
        )

    def mail(self, *, queues: Queues) -> AccountMail:
        return AccountMail(
            self._stack,
            "Mail",
            config=self._config,
            account=self._account,
            encryption=self.encryption,
            queues=queues,
        )

    def complete(self, parts: Parts, functions: Functions) -> None:
        """Migrate the database first, watch everything, and leave no inline policy."""
        migrate_database = functions.only(Deployment)
        Migrations(
            self._stack,
            "Migrations",
            migrate_database=migrate_database,
            after=self._network,
            before=[f for f in functions.all if f is not migrate_database],
        )
        Alarms(
            self._stack,
            "Alarms",
            account=self._account,
            encryption=self.encryption,
            watched=Watched(
                api=parts.api.rest_api,
                functions=functions.outside_the_machine,
                steps=functions.steps,
                machine=parts.workflow.machine,
                dead_letters=parts.queues.dead_letters,
                queues=parts.queues.feeding,
                database=self.database.instance,
            ),
        )
        if self._account.network is None:
            DefaultGroup(
                self._stack,
                "DefaultGroup",
                config=self._config,
                encryption=self.encryption,
                dead_letters=parts.queues.dead_letters,
            )
        self._unscoped.write_policy(self)
        manage_policies(self._stack)
