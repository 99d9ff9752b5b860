"""The whole product as one stack: composes the constructs and grants between them."""

from aws_cdk import Annotations, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import Alarms, Watched
from infra.api import Api
from infra.config import ConfigError, DatabaseAccess, StageConfig
from infra.database import Database
from infra.default_group import DefaultGroup
from infra.files import Files
from infra.foundation import Foundation
from infra.functions import Functions
from infra.identity import Identity
from infra.mail import Mail
from infra.migrations import Migrations
from infra.outbound import Outbound
from infra.policies import manage_policies
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
            steps={
                "PlanPages": functions.plan_pages,
                "WritePage": functions.write_page,
                "ComposeFile": functions.compose_file,
                "SendEmail": functions.send_email,
                "FinishRun": functions.finish_run,
            },
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

        files.grant_download(role_of(functions.http_api))
        files.grant_write_parts(role_of(functions.write_page))
        files.grant_compose(role_of(functions.compose_file))
        files.grant_abort_uploads(role_of(functions.finish_run))
        workflow.grant_start(functions.finish_run)
        workflow.grant_stop(functions.http_api)
        for function in (functions.http_api, functions.reconcile_runs):
            workflow.grant_watch(function)
        for function in (functions.http_api, functions.reconcile_runs):
            files.grant_clean_up(role_of(function))
            workflow.grant_start(function)
            function.add_environment(
                "STATE_MACHINE_ARN", workflow.machine.state_machine_arn
            )
        workflow.grant_inspect(functions.http_api)
        for function in (functions.send_email, functions.reconcile_runs):
            mail.grant_send(function)
        for function in (
            functions.compose_file,
            functions.send_email,
            functions.reconcile_runs,
        ):
            function.add_environment("APP_BASE_URL", api.base_url)

        CfnOutput(self, "ApiUrl", value=api.base_url)
        CfnOutput(self, "FilesBucketName", value=files.bucket.bucket_name)
        CfnOutput(self, "EmailEventsQueueUrl", value=mail.events.queue_url)
        CfnOutput(self, "StateMachineArn", value=workflow.machine.state_machine_arn)
        CfnOutput(
            self,
            "MigrateDatabaseFunctionName",
            value=functions.migrate_database.function_name,
        )
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
        for function in (
            functions.http_api,
            functions.plan_pages,
            functions.write_page,
            functions.compose_file,
            functions.send_email,
            functions.finish_run,
            functions.reconcile_runs,
            functions.record_email_events,
        ):
            database.grant_connect(function)
        database.grant_connect_as_owner(functions.migrate_database)
        Migrations(
            self,
            "Migrations",
            migrate_database=functions.migrate_database,
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


def role_of(function: lambda_.Function) -> iam.IRole:
    """A function's role; those made here always have one."""
    assert function.role is not None  # noqa: S101
    return function.role
