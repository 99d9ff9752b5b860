"""Synthesises the ``aws`` stage with every option on, under cdk-nag's three packs.

``python -m gates.synthesise FOLDER`` leaves the template there for the other gates.
"""

import json
import sys
from pathlib import Path

from aws_cdk import App
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks

from infra.config import stage_config
from infra.invoice_export_stack import InvoiceExportStack

ROOT = Path(__file__).resolve().parents[1]
STACK = "InvoiceExport-aws"

# What an account adds of its own: with these, nothing of the stage is left out.
COMPLETE = {
    "senderAddress": "exports@sender.example",
    "copiesBucket": "copies-of-another-account",
    "corsOrigins": "https://app.example,https://admin.example",
    "domainName": "exports.example",
    "certificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/example",
    "alarmEmail": "operators@sender.example",
}


def main(folder: Path) -> int:
    """Print what cdk-nag finds and nobody has acknowledged; 1 if one is an error."""
    app = App(
        outdir=str(folder),
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        analytics_reporting=False,
    )
    config = stage_config(
        stage="aws", environment={}, context=COMPLETE, host_architecture="arm64"
    )
    InvoiceExportStack(app, STACK, config=config)
    app.synth()
    errors = 0
    for pack in (AwsSolutionsChecks(), ServerlessChecks(), NIST80053R5Checks()):
        for violation in pack.validate_scope(app).violations:
            paths = [found.construct_path for found in violation.violating_resources]
            print(
                f"{violation.severity}: {violation.rule_name}: {violation.description}"
            )
            print("  " + "\n  ".join(sorted(filter(None, paths))))
            errors += violation.severity != "warning"
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
