"""How long each handler takes to import, in interpreters of their own."""

import os
import subprocess
import sys
from collections.abc import Callable

from benchmarks.bench import Bench
from local.config import ROOT

BASELINE = "import boto3, psycopg, pydantic"
# What no handler of its kind can do without, as long as it has these libraries. Models
# have fields, which load another part of pydantic.
LOGGER = "from aws_lambda_powertools import Logger"
STEP = f"{LOGGER}; import psycopg, msgspec"
BODIES = "from pydantic import BaseModel, Field"
ROUTES = "import aws_lambda_powertools.event_handler.openapi.params"
FLOORS = {
    "the libraries of a step": STEP,
    "those of authorize": f"{LOGGER}; import jwt, msgspec",
    "those of http_api": f"{STEP}; {BODIES}; import jwt; {ROUTES}",
}
PACKAGE = ROOT / "layers" / "invoice_export" / "python"


def imports(bench: Bench) -> None:
    """Compare the CPU time of every handler's imports with the libraries' alone."""
    names = sorted(path.parent.name for path in ROOT.glob("lambdas/*/handler.py"))
    handlers = {name: _importing("import handler", name) for name in names}
    bench.compare(
        "imports",
        "CPU seconds to import, with byte code",
        {
            BASELINE: _importing(BASELINE),
            **{name: _importing(statement) for name, statement in FLOORS.items()},
            **handlers,
        },
        BASELINE,
    )


def _importing(statement: str, name: str = "") -> Callable[[], float]:
    clock = "time.process_time()"
    code = f"import time; start = {clock}; {statement}; print({clock} - start)"
    folders = [str(PACKAGE), *([str(ROOT / "lambdas" / name)] if name else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    # The warm-up writes the byte code.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def seconds() -> float:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return float(done.stdout)

    return seconds
