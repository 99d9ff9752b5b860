"""Brings the laptop stack up and down: servers, deployment, schema, sample data."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import ClientError

from local.aws import CREDENTIALS, REGION, aws_client
from local.config import ROOT, Laptop
from local.engine import Engine
from local.errors import LaptopError
from local.issuer import AUDIENCE, Issuer
from local.localstack import GivenPostgres, LocalStack, LocalStackLaptop
from local.postgres import Postgres
from local.processes import exclusive, last_lines
from local.seed import seed
from local.tenancy import connect_as_owner
from local.workshop_process import WorkshopProcess

# All that decides what is deployed, beside the environment.
DEPLOYED = (
    *("app.py", "cdk.json", "infra", "inspector", "lambdas", "layers", "statemachine"),
    *("requirements.lock", "package-lock.json"),
)
NOT_DEPLOYED = {"__pycache__", "build"}

Say = Callable[[str], None]


def up(laptop: Laptop, say: Say) -> dict[str, str]:
    """Start, deploy, migrate and seed whatever is not yet; returns ``stack.json``."""
    with exclusive(laptop.folder / "lock"):
        laptop.keep_ports()
        say("AWS engine")
        engine = engine_of(laptop)
        engine.start()
        say("PostgreSQL")
        postgres_of(laptop).start()
        Issuer(laptop).publish()
        workshop = WorkshopProcess(laptop)
        workshop.start()
        outputs = _deploy(laptop, say)
        _verify_sender(laptop)
        say("Migrations")
        _migrate(laptop, outputs["MigrateDatabaseFunctionName"])
        say("Sample data")
        with connect_as_owner(laptop) as connection:
            seed(connection)
        engine.save()
        workshop.wait()
        facts = _facts(laptop, outputs)
        half = laptop.stack_file.with_suffix(".half")
        half.write_text(json.dumps(facts, indent=2) + "\n")
        half.replace(laptop.stack_file)
        return facts


def down(laptop: Laptop) -> None:
    """End every process of the stack; its data stays for the next start."""
    with exclusive(laptop.folder / "lock"):
        laptop.stack_file.unlink(missing_ok=True)
        WorkshopProcess(laptop).stop()
        engine_of(laptop).stop()
        postgres_of(laptop).stop()


def engine_of(laptop: Laptop) -> Engine | LocalStack:
    """The AWS engine of this stack."""
    if isinstance(laptop, LocalStackLaptop):
        return LocalStack(laptop)
    return Engine(laptop)


def postgres_of(laptop: Laptop) -> Postgres | GivenPostgres:
    """The database of this stack: its own, unless one is given."""
    if isinstance(laptop, LocalStackLaptop) and laptop.admin_url:
        return GivenPostgres(laptop)
    return Postgres(laptop)


def stack_name(laptop: Laptop) -> str:
    """What CloudFormation calls the deployment."""
    return f"InvoiceExport-{laptop.stage}"


def facts(laptop: Laptop) -> dict[str, str]:
    """What ``stack.json`` says. Raises LaptopError when the stack is not up."""
    if not laptop.stack_file.exists() or engine_of(laptop).process is None:
        raise LaptopError("The laptop stack is not up: run `make up`.")
    if postgres_of(laptop).process_id is None:
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


def _deploy(laptop: Laptop, say: Say) -> dict[str, str]:
    """Deploy unless exactly this is deployed already; returns the stack's outputs."""
    fingerprint = _fingerprint(_cdk_environment(laptop))
    mark = laptop.folder / "deployed"
    name = stack_name(laptop)
    outputs = _outputs(laptop, stack_name(laptop))
    if outputs is not None and mark.exists() and mark.read_text() == fingerprint:
        return outputs
    mark.unlink(missing_ok=True)
    say("Layers")
    # Stacks in other folders share the built layers.
    with exclusive(ROOT / ".local" / "layers.lock"):
        # The developer's own environment: it may name a mirror or a certificate.
        build = [sys.executable, "-m", "layers.build", laptop.stage]
        _run(build, laptop.folder / "layers.log", dict(os.environ))
    assembly = str(laptop.folder / "cdk.out")
    stage = ("-c", f"stage={laptop.stage}")
    say("CDK synth and bootstrap")
    # Side by side: one computes, the other waits for the engine most of the time.
    with ThreadPoolExecutor() as pool:
        steps = [pool.submit(_cdk, laptop, "synth", "-q", "-o", assembly, *stage)]
        if _outputs(laptop, "CDKToolkit") is None:
            account = f"aws://000000000000/{REGION}"
            # A place of its own: the CLI lets one process at a time synthesise there.
            own = ("-o", str(laptop.folder / "cdk-bootstrap.out"))
            steps.append(pool.submit(_cdk, laptop, "bootstrap", account, *own, *stage))
        for step in steps:
            step.result()
    say("CDK deploy")
    _cdk(laptop, "deploy", "-a", assembly, "--require-approval", "never", name)
    outputs = _outputs(laptop, stack_name(laptop))
    if outputs is None:
        raise LaptopError(f"{name} is not there after its deployment.")
    mark.write_text(fingerprint)
    return outputs


def _cdk(laptop: Laptop, command: str, *arguments: str) -> None:
    cdk = ROOT / "node_modules" / ".bin" / "cdk"
    if not cdk.exists():
        raise LaptopError("The CDK command line is not installed: run `make setup`.")
    # jsii unpacks its kernel there; nothing of it stays.
    with TemporaryDirectory(dir=laptop.folder) as temporary:
        _run(
            [str(cdk), command, *arguments, "--ci", "--no-notices"],
            laptop.folder / f"cdk-{command}.log",
            {**_cdk_environment(laptop), "TMPDIR": temporary},
        )


def _cdk_environment(laptop: Laptop) -> dict[str, str]:
    issuer = Issuer(laptop)
    kept = ("PATH", "HOME", "LANG")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": laptop.engine_url,
        "AWS_REGION": REGION,
        # The developer's own profiles must not come into it.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DATABASE_URL": laptop.seen_by_functions(laptop.database_url),
        "OWNER_DATABASE_URL": laptop.seen_by_functions(laptop.owner_database_url),
        "OIDC_ISSUER": issuer.url,
        "OIDC_AUDIENCE": AUDIENCE,
        "OIDC_JWKS_URL": laptop.seen_by_functions(issuer.jwks_url),
        "WORKSHOP_URL": laptop.workshop_url,
        "PYTHON": sys.executable,
        # Node 20 is good enough here and its end of life no news on every run.
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "NODE_NO_WARNINGS": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }


def _run(command: list[str], log: Path, environment: dict[str, str]) -> None:
    with log.open("w") as file:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        step = " ".join(Path(word).name for word in command[:2])
        raise LaptopError(f"`{step}` failed: {last_lines(log)}")


def _fingerprint(environment: dict[str, str]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for name, value in sorted(environment.items()):
        if name.endswith("_URL") or name.startswith("OIDC_"):
            digest.update(f"{name}={value}\0".encode())
    for path in _deployed_files():
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _deployed_files() -> Iterator[Path]:
    for name in DEPLOYED:
        top = ROOT / name
        for path in sorted([top, *top.rglob("*")]):
            parts = path.relative_to(ROOT).parts
            if path.is_file() and not NOT_DEPLOYED.intersection(parts):
                yield path


def _outputs(laptop: Laptop, stack: str) -> dict[str, str] | None:
    """A deployed stack's outputs, or None when it is not there or not whole."""
    try:
        answer = aws_client(laptop, "cloudformation").describe_stacks(StackName=stack)
    except ClientError:
        return None
    found = answer["Stacks"][0]
    if found["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return None
    return {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}


def _verify_sender(laptop: Laptop) -> None:
    """Local engines cannot do it in the deployment: it is not a supported type."""
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
        told = json.loads(answer["Payload"].read())
        raise LaptopError(
            f"The migrations failed: {told.get('errorType')}: "
            f"{told.get('errorMessage')}"
        )
