"""The whole product as one stack: composes the constructs and grants between them."""

from aws_cdk import Annotations, CfnOutput, Stack
from constructs import Construct

from infra.api import Api
from infra.config import StageConfig
from infra.database import Database
from infra.files import Files
from infra.functions import Functions
from infra.mail import Mail
from infra.reconciler import Reconciler
from infra.workflow import Workflow


class InvoiceExportStack(Stack):
    """One stage of the invoice export."""

    def __init__(self, scope: Construct, id_: str, *, config: StageConfig) -> None:
        super().__init__(
            scope, id_, description=f"Durable invoice export, stage {config.stage}"
        )
        files = Files(self, "Files", config=config)
        functions = Functions(
            self, "Functions", config=config, files_bucket=files.bucket.bucket_name
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
        )
        api = Api(
            self,
            "Api",
            config=config,
            http_api=functions.http_api,
            authorize=functions.authorize,
        )
        database = Database(self, "Database", config=config)
        mail = Mail(
            self,
            "Mail",
            config=config,
            record_email_events=functions.record_email_events,
        )
        Reconciler(
            self,
            "Reconciler",
            config=config,
            machine=workflow.machine,
            reconcile_runs=functions.reconcile_runs,
        )

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
        files.grant_download(functions.http_api)
        files.grant_write_parts(functions.write_page)
        files.grant_compose(functions.compose_file)
        files.grant_abort_uploads(functions.finish_run)
        workflow.grant_start(functions.finish_run)
        for function in (functions.http_api, functions.reconcile_runs):
            files.grant_clean_up(function)
            workflow.grant_start(function)
            workflow.grant_stop(function)
            workflow.grant_watch(function)
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
        if config.placeholders:
            Annotations.of(self).add_warning(
                f"placeholders in use: give -c {', -c '.join(config.placeholders)}"
            )
