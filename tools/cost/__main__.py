"""Synthesises a stage of each kind, and prints what each costs."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from gates.synthesise import GIVEN, synthesise
from tools.cost.bill import UnpricedError
from tools.cost.table import table

# Each column's heading, and the stage that it is computed from.
STAGES = {
    "`standard`": {"name": "standard"},
    "`small`": {"name": "small", "profile": "small"},
    "`standard` on your network and database": GIVEN | {"firewall": "true"},
}


def main() -> int:
    """Print the table of ``docs/deploy.md``."""
    with TemporaryDirectory() as folder:
        synthesise(Path(folder), *STAGES.values())
        templates = {
            heading: json.loads(
                Path(folder, f"InvoiceExport-{stage['name']}.template.json").read_text()
            )
            for heading, stage in STAGES.items()
        }
    try:
        sys.stdout.write(table(templates))
    except UnpricedError as exc:
        sys.stderr.write(f"make cost: {exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
