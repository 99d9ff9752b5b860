"""Synthesises stages of an account side by side, and runs cdk-nag's three packs.

``python -m gates.synthesise FOLDER`` writes the templates there for the other gates,
and prints what every function weighs.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import App
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks

from infra.invoice_export_stack import InvoiceExportStack
from infra.stages import stage_config
from layers import sizes

ROOT = Path(__file__).resolve().parents[1]
COPIES = {
    "copiesBucket": "copies-of-another-account",
    "copiesKeyArn": "arn:aws:kms:eu-west-1:444455556666:key/copies",
}
# With these options a stage leaves nothing out.
COMPLETE = COPIES | {
    "name": "complete",
    "senderAddress": "exports@sender.example",
    "corsOrigins": "https://app.example,https://admin.example",
    "domainName": "exports.example",
    "certificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/example",
    "alarmEmail": "operators@sender.example",
    "monthlyBudget": "250",
    "dataEvents": "true",
}
SMALL = COPIES | {
    "name": "small",
    "profile": "small",
    "senderAddress": "small@sender.example",
}
GIVEN = COPIES | {
    "name": "given",
    "firewall": "false",
    "senderAddress": "given@sender.example",
    "vpcId": "vpc-0123456789abcdef0",
    "privateSubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "availabilityZones": "eu-west-1a,eu-west-1b",
    "databaseUrl": "postgresql://invoice_export_app@db.example:5432/ledger",
    "ownerDatabaseUrl": "postgresql://invoice_export_owner@db.example:5432/ledger",
    "databaseResourceId": "prx-0123456789abcdef0",
    "ownerDatabaseResourceId": "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "databaseSecurityGroupId": "sg-0123456789abcdef0",
}
STAGES = (COMPLETE, SMALL, GIVEN)


def synthesise(folder: Path, *stages: Mapping[str, str]) -> App:
    """Synthesise stages of one account into ``folder``."""
    app = App(
        outdir=str(folder),
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        analytics_reporting=False,
    )
    for context in stages:
        config = stage_config(
            stage="aws", environment={}, context=context, host_architecture="arm64"
        )
        InvoiceExportStack(app, config=config)
    app.synth()
    return app


def violations(app: App) -> Iterator[Any]:
    """Yield what cdk-nag finds, except for what is acknowledged."""
    for pack in (AwsSolutionsChecks(), ServerlessChecks(), NIST80053R5Checks()):
        yield from pack.validate_scope(app).violations


def main(folder: Path) -> int:
    """Print every finding, warnings too. Returns 1 if there are any."""
    # No template of an earlier run may stay.
    shutil.rmtree(folder, ignore_errors=True)
    found = list(violations(synthesise(folder, *STAGES)))
    for violation in found:
        paths = [resource.construct_path for resource in violation.violating_resources]
        print(f"{violation.severity}: {violation.rule_name}: {violation.description}")
        print("  " + "\n  ".join(sorted(filter(None, paths))))
    weigh(folder / "InvoiceExport-complete.template.json")
    return 1 if found else 0


def weigh(file: Path) -> None:
    """Print what a template's layers and functions weigh.

    Raises ``OverBudgetError``.
    """
    template = json.loads(file.read_text())

    @cache
    def resource(id_: str) -> tuple[str, sizes.Size]:
        properties: Mapping[str, Any] = template["Resources"][id_]["Properties"]
        code = properties.get("Code") or properties["Content"]
        asset = file.parent / f"asset.{code['S3Key'].removesuffix('.zip')}"
        return properties["Description"].split(" of ")[0], sizes.measure(asset)

    for id_, found in template["Resources"].items():
        if found["Type"] == "AWS::Lambda::LayerVersion":
            name, size = resource(id_)
            print(f"{name:28}{size}")
            sizes.check(name, size, sizes.LAYER_BUDGETS[name.removeprefix("layers/")])
    for id_, found in template["Resources"].items():
        if found["Type"] == "AWS::Lambda::Function":
            name, code = resource(id_)
            layers = found["Properties"].get("Layers", [])
            whole = sum((resource(layer["Ref"])[1] for layer in layers), code)
            print(f"{name:28}{whole}, own code {code.unpacked // 1000} kB")
            sizes.check(f"the code of {name}", code, sizes.CODE_BUDGET)
            sizes.check(name, whole, sizes.FUNCTION_BUDGET)


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except sizes.OverBudgetError as exc:
        sys.exit(f"gates.synthesise: {exc}")
