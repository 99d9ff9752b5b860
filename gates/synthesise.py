"""Synthesises the ``aws`` stage with every option, and runs cdk-nag's three packs.

``python -m gates.synthesise FOLDER`` writes the template there for the other gates,
and prints what every function weighs.
"""

import json
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
STACK = "InvoiceExport-aws"

# With these options the stage leaves nothing out.
COMPLETE = {
    "senderAddress": "exports@sender.example",
    "copiesBucket": "copies-of-another-account",
    "copiesKeyArn": "arn:aws:kms:eu-west-1:444455556666:key/copies",
    "corsOrigins": "https://app.example,https://admin.example",
    "domainName": "exports.example",
    "certificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/example",
    "alarmEmail": "operators@sender.example",
}


def complete(folder: Path) -> App:
    """Synthesise into ``folder``."""
    app = App(
        outdir=str(folder),
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        analytics_reporting=False,
    )
    config = stage_config(
        stage="aws", environment={}, context=COMPLETE, host_architecture="arm64"
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
    found = list(violations(complete(folder)))
    for violation in found:
        paths = [resource.construct_path for resource in violation.violating_resources]
        print(f"{violation.severity}: {violation.rule_name}: {violation.description}")
        print("  " + "\n  ".join(sorted(filter(None, paths))))
    weigh(folder)
    return 1 if found else 0


def weigh(folder: Path) -> None:
    """Print what layers and functions weigh. Raises ``OverBudgetError``."""
    template = json.loads((folder / f"{STACK}.template.json").read_text())

    @cache
    def resource(id_: str) -> tuple[str, sizes.Size]:
        properties: Mapping[str, Any] = template["Resources"][id_]["Properties"]
        code = properties.get("Code") or properties["Content"]
        asset = folder / f"asset.{code['S3Key'].removesuffix('.zip')}"
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
