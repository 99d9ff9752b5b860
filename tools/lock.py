"""``make lock``: resolves the dependency groups of ``pyproject.toml``.

The locks hold versions and hashes, but no address of a registry.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GROUPS = ("vendor", "tokens", "infra", "local", "dev")
LAYERS = ("vendor", "tokens")
# Set-up leaves these out; the targets that need them install them.
EXTRAS = {"bench": "benchmarks", "judges": "tests/judges"}
# These pin versions that clash with ours, so each has an environment of its own.
APART = {
    "gates": "gates",
    "clients": "tests/clients",
    "load": "benchmarks/load",
}


def main() -> int:
    """Write ``requirements.lock``, then the locks that must agree with it."""
    everything = ROOT / "requirements.lock"
    compile_groups(GROUPS, everything)
    for layer in LAYERS:
        lock = ROOT / "layers" / layer / "requirements.lock"
        compile_groups((layer,), lock, constraint=everything)
    for group, folder in APART.items():
        compile_groups((group,), ROOT / folder / "requirements.lock")
    for group, folder in EXTRAS.items():
        lock = ROOT / folder / "requirements.lock"
        compile_groups((group,), lock, constraint=everything)
    return 0


def compile_groups(
    groups: tuple[str, ...], lock: Path, constraint: Path | None = None
) -> None:
    """Write one lock that serves every platform and Python from 3.11 on."""
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
