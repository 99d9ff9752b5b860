"""Fills the wheel layers from their hash locks, without Docker or a compiler.

``python -m layers.build TARGET`` writes ``layers/<layer>/build/<target>/python`` for
every layer that has a ``requirements.lock`` and skips layers that are up to date. It
prints each layer's size and, for ``lambda``, fails if a layer exceeds its budget.

Byte code halves the time of imports, and only a Python of the runtime's minor version
writes it. Without one on this machine the layers have none, and the build says so.

Targets: ``local`` (this interpreter), ``localstack`` (Linux on this machine's
processor), ``lambda`` (what AWS runs).
"""

import argparse
import hashlib
import importlib.util
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from layers import sizes

LAYERS = Path(__file__).resolve().parent

# Amazon Linux 2023 has glibc 2.34; psycopg's wheels for arm64 start at 2.28.
LINUX = "manylinux_2_28"

# Nothing imports these at run time. RECORD and the files beside it hold paths and times
# of the build, which would change the asset's hash.
UNUSED_FOLDERS = ("bin", "tests", "testing", "__pycache__")
UNUSED_FILES = (
    "*.pyi",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/uv_*.json",
    ".lock",
)


class BuildError(Exception):
    """A layer cannot be built. The message is one line for the terminal."""


@dataclass(frozen=True)
class Target:
    """Where the wheels run. No Python version means this interpreter."""

    name: str
    python_version: str | None = None
    machine: str | None = None

    @property
    def uv_arguments(self) -> list[str]:
        if self.python_version is None:
            return ["--python", sys.executable]
        return [
            "--python-version",
            self.python_version,
            "--python-platform",
            f"{self.machine}-{LINUX}",
        ]

    @property
    def compiler(self) -> str | None:
        """The Python that writes byte code for this target, if the machine has it."""
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        if self.python_version in {None, here}:
            return sys.executable
        found = shutil.which(f"python{self.python_version}")
        return found if found and _version_of(found) == self.python_version else None

    @property
    def description(self) -> str:
        """Everything that decides which wheels are installed, for the stamp."""
        if self.python_version is None:
            return f"{sys.implementation.cache_tag} {sys.platform} {machine()}"
        return f"{self.python_version} {self.machine} {self.compiler}"


def _version_of(python: str) -> str:
    # A version manager's stand-in exists and fails.
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run(  # noqa: S603
        [python, "-c", code], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def machine() -> str:
    """This machine's processor by the name in wheels, also for Docker on a Mac."""
    return "aarch64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


TARGETS = {
    target.name: target
    for target in (
        Target("local"),
        Target("localstack", "3.13", machine()),
        Target("lambda", "3.14", "aarch64"),
    )
}


def wheel_layers() -> list[str]:
    """The layers of third-party wheels: those with a lock."""
    return sorted(lock.parent.name for lock in LAYERS.glob("*/requirements.lock"))


def build(layer: str, target: Target) -> bool:
    """Fill one layer for one target. Returns false if it was up to date."""
    lock = LAYERS / layer / "requirements.lock"
    built = LAYERS / layer / "build" / target.name
    stamp = built.with_suffix(".stamp")
    digest = _digest(lock, target)
    if built.is_dir() and stamp.is_file() and stamp.read_text() == digest:
        return False
    stamp.unlink(missing_ok=True)
    shutil.rmtree(built, ignore_errors=True)
    packages = built / "python"
    packages.mkdir(parents=True)
    _install(lock, target, packages)
    _prune(packages)
    if target.compiler:
        _compile(packages, target.compiler)
    stamp.write_text(digest)
    return True


def _digest(lock: Path, target: Target) -> str:
    parts = (
        lock.read_bytes(),
        Path(__file__).read_bytes(),
        target.description.encode(),
    )
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _install(lock: Path, target: Target, packages: Path) -> None:
    if importlib.util.find_spec("uv") is None:
        raise BuildError(
            "uv is missing. It installs wheels for other processors: run `make setup` "
            "(or .venv/bin/pip install uv)"
        )
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet"]
    command += ["--target", str(packages), "--link-mode", "copy"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += [*target.uv_arguments, "--requirements", str(lock)]
    done = subprocess.run(command, check=False)  # noqa: S603
    if done.returncode:
        raise BuildError(
            f"cannot install {lock.relative_to(LAYERS.parent)} for {target.name}: "
            "uv's message is above"
        )


def _prune(packages: Path) -> None:
    for name in UNUSED_FOLDERS:
        for folder in sorted(packages.rglob(name)):
            shutil.rmtree(folder, ignore_errors=True)
    for pattern in UNUSED_FILES:
        for file in packages.rglob(pattern):
            file.unlink()


def _compile(packages: Path, python: str) -> None:
    """Write byte code that is never checked: unpacking a layer changes the times."""
    command = [python, "-m", "compileall", "-qq", "--invalidation-mode"]
    command += ["unchecked-hash", "-s", str(packages), "-p", "/opt/python"]
    # Some wheels have templates that do not compile.
    subprocess.run([*command, str(packages)], check=False)  # noqa: S603


def main() -> int:
    """Build every wheel layer for the target named on the command line."""
    parser = argparse.ArgumentParser(prog="layers.build", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    target = TARGETS[parser.parse_args().target]
    try:
        for layer in wheel_layers():
            done = "built" if build(layer, target) else "up to date"
            size = sizes.measure(LAYERS / layer / "build" / target.name)
            print(f"{layer:15}{size}  {done}")  # noqa: T201
            if target.name == "lambda":
                sizes.check(layer, size, sizes.LAYER_BUDGETS[layer])
        if target.compiler is None:
            version = target.python_version
            print(f"no byte code: this machine has no python{version}")  # noqa: T201
    except (BuildError, sizes.OverBudgetError) as exc:
        print(f"layers.build: {exc}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
