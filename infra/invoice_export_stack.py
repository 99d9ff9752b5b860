"""The whole product as one stack: composes the constructs and grants between them."""

from aws_cdk import Annotations, CfnOutput, Stack
from constructs import Construct

from infra.account.alarms import Alarms, Watched
from infra.account.database import Database
from infra.account.default_group import DefaultGroup
from infra.account.foundation import Foundation
from infra.account.migrations import Migrations
from infra.account.policies import manage_policies
from infra.api import Api
from infra.config import ConfigError, DatabaseAccess, StageConfig
from infra.files import Files
from infra.functions import Functions
from infra.grants import grant_executions, grant_files, grant_mail
from infra.identity import Identity
from infra.mail import Mail
from infra.outbound import Outbound
from infra.queues import Queues
from infra.reconciler import Reconciler
from infra.workflow import Workflow


class InvoiceExportStack(Stack):
    """One stage of the invoice export.

    The local stages are the product alone; an account adds what it stands on (network,
    key, database, identity) and what watches it.
    """

    def __init__(self, scope: Construct, id_: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            id_,
            description=f"Durable invoice export, stage {config.stage}",
            termination_protection=config.account is not None,
        )
        account = config.account
        foundation = (
            Foundation(self, "Foundation", config=config, account=account)
            if account
            else None
        )
        database = (
            Database(self, "Database", foundation=foundation) if foundation else None
        )
        key = foundation.key if foundation else None
        queues = Queues(self, "Queues", config=config, key=key)
        files = Files(
            self,
            "Files",
            config=config,
            encryption=foundation.encryption if foundation else None,
        )
        identity = Identity(self, "Identity", config=config)
        functions = Functions(
            self,
            "Functions",
            config=config,
            files_bucket=files.bucket.bucket_name,
            database=database.access if database else local_database(config),
            issuer=identity.issuer,
            inspector=identity.inspector,
            dead_letters=queues.dead_letters,
            foundation=foundation,
        )
        workflow = Workflow(
            self,
            "Workflow",
            config=config,
            steps=functions.steps,
            foundation=foundation,
        )
        api = Api(
            self,
            "Api",
            config=config,
            http_api=functions.http_api,
            authorize=functions.authorize,
            foundation=foundation,
        )
        identity.open_to(api.base_url)
        mail = Mail(
            self,
            "Mail",
            config=config,
            record_email_events=functions.record_email_events,
            queues=queues,
            foundation=foundation,
        )
        outbound = Outbound(
            self,
            "Outbound",
            config=config,
            deliver_events=functions.deliver_events,
            queues=queues,
            key=key,
        )
        outbound.grant_send(functions.reconcile_runs)
        Reconciler(
            self,
            "Reconciler",
            config=config,
            machine=workflow.machine,
            reconcile_runs=functions.reconcile_runs,
            dead_letters=queues.dead_letters,
        )
        grant_files(files, functions)
        grant_executions(workflow, functions)
        grant_mail(mail, functions, app_url=api.base_url)
        self._tell(files, mail, workflow, functions, api)
        if foundation and database:
            self._complete(
                config=config,
                foundation=foundation,
                database=database,
                queues=queues,
                functions=functions,
                workflow=workflow,
                api=api,
            )
        if config.placeholders:
            Annotations.of(self).add_warning(
                f"placeholders in use: give -c {', -c '.join(config.placeholders)}"
            )

    def _tell(
        self,
        files: Files,
        mail: Mail,
        workflow: Workflow,
        functions: Functions,
        api: Api,
    ) -> None:
        """What the laptop stack, and people, have to know."""
        CfnOutput(self, "ApiUrl", value=api.base_url)
        CfnOutput(self, "FilesBucketName", value=files.bucket.bucket_name)
        CfnOutput(self, "EmailEventsQueueUrl", value=mail.events.queue_url)
        CfnOutput(self, "StateMachineArn", value=workflow.machine.state_machine_arn)
        CfnOutput(
            self,
            "MigrateDatabaseFunctionName",
            value=functions.migrate_database.function_name,
        )

    def _complete(
        self,
        *,
        config: StageConfig,
        foundation: Foundation,
        database: Database,
        queues: Queues,
        functions: Functions,
        workflow: Workflow,
        api: Api,
    ) -> None:
        """What only an account has, around the product."""
        for function in functions.with_database:
            database.grant_connect(function)
        database.grant_connect_as_owner(functions.migrate_database)
        Migrations(
            self,
            "Migrations",
            migrate_database=functions.migrate_database,
            after=foundation.network,
            before=[f for f in functions.all if f is not functions.migrate_database],
        )
        Alarms(
            self,
            "Alarms",
            foundation=foundation,
            watched=Watched(
                api=api,
                functions=functions,
                machine=workflow.machine,
                dead_letters=queues.dead_letters,
                database=database.instance,
            ),
        )
        if foundation.account.network is None:
            DefaultGroup(
                self,
                "DefaultGroup",
                config=config,
                foundation=foundation,
                dead_letters=queues.dead_letters,
            )
        foundation.settle()
        manage_policies(self)


def local_database(config: StageConfig) -> DatabaseAccess:
    """The database that the laptop stack has named."""
    if config.database is None:
        raise ConfigError("the local stages need a database")
    return config.database
