"""Starts and stops the laptop stack: servers, deployment, schema, sample data."""

import json
from typing import Any

from invoice_export import datasets
from local.aws import aws_client
from local.config import Laptop
from local.deployment import Report, deploy
from local.engine import Engine
from local.errors import LaptopError
from local.given_postgres import GivenPostgres
from local.issuer import Issuer
from local.localstack import ExternalPostgres, LocalStack, LocalStackLaptop
from local.postgres import Postgres
from local.processes import exclusive
from local.seed import DATASET, seed
from local.tenancy import connect_as_owner
from local.workshop_process import WorkshopProcess


def up(laptop: Laptop, report: Report) -> dict[str, str]:
    """Start, deploy, migrate and seed what needs it; return the facts."""
    if laptop.given is None and DATASET not in datasets.load().by_name:
        raise LaptopError(
            f"datasets/ has no {DATASET}, which the sample needs. Name the database of "
            "your own datasets: `make up DATABASE_URL=…`."
        )
    with exclusive(laptop.folder / "lock"):
        laptop.save_ports()
        report("AWS engine")
        engine = engine_of(laptop)
        engine.start()
        report("PostgreSQL")
        postgres_of(laptop).start()
        Issuer(laptop).publish()
        workshop = WorkshopProcess(laptop)
        workshop.start()
        outputs = deploy(laptop, report)
        engine.start_functions()
        _verify_sender(laptop)
        report("Migrations")
        _migrate(laptop, outputs["MigrateDatabaseFunctionName"])
        if laptop.given is None:
            report("Sample data")
            with connect_as_owner(laptop) as connection:
                seed(connection)
        engine.save()
        workshop.wait()
        engine.wait_for_functions()
        facts = _facts(laptop, outputs)
        # Readers never see half a file.
        new = laptop.stack_file.with_suffix(".new")
        new.write_text(json.dumps(facts, indent=2) + "\n")
        new.replace(laptop.stack_file)
        return facts


def down(laptop: Laptop) -> None:
    """Stop every process of the stack; its data stays for the next start."""
    with exclusive(laptop.folder / "lock"):
        laptop.stack_file.unlink(missing_ok=True)
        WorkshopProcess(laptop).stop()
        engine_of(laptop).stop()
        postgres_of(laptop).stop()


def engine_of(laptop: Laptop) -> Engine | LocalStack:
    """Return the AWS engine of this stack."""
    if isinstance(laptop, LocalStackLaptop):
        return LocalStack(laptop)
    return Engine(laptop)


def postgres_of(laptop: Laptop) -> Postgres | ExternalPostgres:
    """Return the database of this stack."""
    if laptop.given is not None:
        return GivenPostgres(laptop, laptop.given)
    if isinstance(laptop, LocalStackLaptop) and laptop.admin_url:
        return ExternalPostgres(laptop)
    return Postgres(laptop)


def facts(laptop: Laptop) -> dict[str, str]:
    """Return the content of ``stack.json``. Raises LaptopError if the stack is down."""
    if not laptop.stack_file.exists() or not engine_of(laptop).is_up:
        raise LaptopError("The laptop stack is not up: run `make up`.")
    if not postgres_of(laptop).is_up:
        raise LaptopError("The database is down: run `make up`.")
    read: dict[str, str] = json.loads(laptop.stack_file.read_text())
    return read


def _facts(laptop: Laptop, outputs: dict[str, str]) -> dict[str, str]:
    api_url = outputs["ApiUrl"].rstrip("/")
    return {
        "aws_endpoint_url": laptop.engine_url,
        "api_url": api_url,
        "inspector_url": f"{api_url}/inspector",
        "database_url": laptop.database_url,
        "owner_database_url": laptop.owner_database_url,
        "bucket": outputs["FilesBucketName"],
        "state_machine_arn": outputs["StateMachineArn"],
        "mailbox_url": f"{laptop.engine_url}{laptop.mailbox_path}",
        "email_events_queue_url": outputs["EmailEventsQueueUrl"],
    }


def _verify_sender(laptop: Laptop) -> None:
    """Verify the sender by API: local engines have no such CloudFormation type."""
    functions = aws_client(laptop, "lambda").get_paginator("list_functions")
    for page in functions.paginate():
        for function in page["Functions"]:
            variables = function.get("Environment", {}).get("Variables", {})
            if sender := variables.get("SENDER_ADDRESS"):
                aws_client(laptop, "ses").verify_email_identity(EmailAddress=sender)
                return


def _migrate(laptop: Laptop, function: str) -> None:
    answer: dict[str, Any] = aws_client(laptop, "lambda").invoke(
        FunctionName=function, Payload=b"{}"
    )
    if "FunctionError" in answer:
        error = json.loads(answer["Payload"].read())
        raise LaptopError(
            f"The migrations failed: {error.get('errorType')}: "
            f"{error.get('errorMessage')}"
        )
