"""The CDK app. Only this module reads the environment and the context."""

import os
import platform
import sys

from aws_cdk import App

from infra.config import ConfigError
from infra.context import AWS_CONTEXT
from infra.invoice_export_stack import InvoiceExportStack
from infra.stages import stage_config


def main() -> None:
    """Synthesise the stage named by ``-c stage=local|localstack|aws``."""
    app = App()
    names = list(AWS_CONTEXT)
    context = {name: app.node.try_get_context(name) for name in names}
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    config = stage_config(
        stage=app.node.try_get_context("stage"),
        environment=os.environ,
        context={name: value for name, value in context.items() if value},
        host_architecture="arm64" if arm else "x86_64",
    )
    InvoiceExportStack(app, config=config)
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except ConfigError as exc:
        sys.exit(f"app.py: {exc}")
