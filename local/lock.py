"""Resolves pyproject.toml's groups into hash locks that name no registry."""

import subprocess
import sys
from pathlib import Path

from local.config import ROOT

GROUPS = ("vendor", "tokens", "infra", "local", "dev")
LAYERS = ("vendor", "tokens")
# Installed beside the rest, on demand.
EXTRAS = {"bench": "benchmarks", "judges": "tests/judges"}


def main() -> int:
    """Write ``requirements.lock``, then the locks that are in step with it."""
    compile_groups(GROUPS, ROOT / "requirements.lock")
    for layer in LAYERS:
        lock = ROOT / "layers" / layer / "requirements.lock"
        compile_groups((layer,), lock, constraint=ROOT / "requirements.lock")
    compile_groups(("gates",), ROOT / "gates" / "requirements.lock")
    for group, folder in EXTRAS.items():
        lock = ROOT / folder / "requirements.lock"
        compile_groups((group,), lock, constraint=ROOT / "requirements.lock")
    return 0


def compile_groups(
    groups: tuple[str, ...], lock: Path, constraint: Path | None = None
) -> None:
    """Universal: the same lock serves every platform and Python from 3.11 on."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
    command += ["--python-version", "3.11", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--output-file", str(lock)]
    for group in groups:
        command += ["--group", group]
    if constraint is not None:
        command += ["--constraint", str(constraint)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
