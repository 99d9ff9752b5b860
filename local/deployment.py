"""Deploys the CDK app to the laptop stack's engine, unless nothing has changed."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.exceptions import ClientError

from local.aws import CREDENTIALS, REGION, aws_client
from local.config import ROOT, Laptop
from local.errors import LaptopError
from local.issuer import AUDIENCE, Issuer
from local.processes import exclusive, last_lines

# What the deployment depends on, besides the environment.
DEPLOYED = (
    *("app.py", "cdk.json", "infra", "inspector", "lambdas", "layers", "statemachine"),
    *("requirements.lock", "package-lock.json"),
)
NOT_DEPLOYED = {"__pycache__", "build"}

# Called with the name of each step as it starts.
Report = Callable[[str], None]


def deploy(laptop: Laptop, report: Report) -> dict[str, str]:
    """Deploy unless nothing has changed; return the stack's outputs."""
    fingerprint = _fingerprint(_cdk_environment(laptop))
    deployed = laptop.folder / "deployed"
    name = f"InvoiceExport-{laptop.stage}"
    outputs = _outputs(laptop, name)
    unchanged = deployed.exists() and deployed.read_text() == fingerprint
    if outputs is not None and unchanged:
        return outputs
    deployed.unlink(missing_ok=True)
    report("Layers")
    # Stacks in other folders share the built layers.
    with exclusive(ROOT / ".local" / "layers.lock"):
        # The developer's environment may set a package mirror or a certificate.
        build = [sys.executable, "-m", "layers.build", laptop.stage]
        _run(build, laptop.folder / "layers.log", dict(os.environ))
    assembly = str(laptop.folder / "cdk.out")
    stage = ("-c", f"stage={laptop.stage}")
    report("CDK synth and bootstrap")
    # At the same time: one computes while the other waits for the engine.
    with ThreadPoolExecutor() as pool:
        steps = [pool.submit(_cdk, laptop, "synth", "-q", "-o", assembly, *stage)]
        if _outputs(laptop, "CDKToolkit") is None:
            account = f"aws://000000000000/{REGION}"
            # The CLI locks the folder that it synthesises to, so this needs its own.
            own = ("-o", str(laptop.folder / "cdk-bootstrap.out"))
            steps.append(pool.submit(_cdk, laptop, "bootstrap", account, *own, *stage))
        for step in steps:
            step.result()
    report("CDK deploy")
    _cdk(laptop, "deploy", "-a", assembly, "--require-approval", "never", name)
    outputs = _outputs(laptop, name)
    if outputs is None:
        log = last_lines(laptop.folder / "cdk-deploy.log")
        raise LaptopError(f"The engine did not create the stack {name}: {log}")
    deployed.write_text(fingerprint)
    return outputs


def _cdk(laptop: Laptop, command: str, *arguments: str) -> None:
    cdk = ROOT / "node_modules" / ".bin" / "cdk"
    if not cdk.exists():
        raise LaptopError("The CDK CLI is not installed. Run `make setup`.")
    # jsii unpacks its kernel there and does not clean up. Below this folder, Node would
    # take it for an ES module, as package.json says.
    with TemporaryDirectory(prefix="invoice-export-") as temporary:
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
        # No profile of the developer may take effect.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DATABASE_URL": laptop.url_for_functions(laptop.database_url),
        "OWNER_DATABASE_URL": laptop.url_for_functions(laptop.owner_database_url),
        "OIDC_ISSUER": issuer.url,
        "OIDC_AUDIENCE": AUDIENCE,
        "OIDC_JWKS_URL": laptop.url_for_functions(issuer.jwks_url),
        "WORKSHOP_URL": laptop.workshop_url,
        "CORS_ORIGIN": laptop.cors_origin,
        "PYTHON": sys.executable,
        # jsii and the CDK warn on every run about Node versions that work.
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
        if name.endswith("_URL") or name.startswith(("OIDC_", "CORS_")):
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
    """Return a stack's outputs, or None if it is missing or incomplete."""
    try:
        answer = aws_client(laptop, "cloudformation").describe_stacks(StackName=stack)
    except ClientError:
        return None
    found = answer["Stacks"][0]
    if found["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return None
    return {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])}
