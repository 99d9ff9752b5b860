"""The code that is uploaded. Plain copying assembles it, so synth needs no Docker."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from aws_cdk import Stage
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import ConfigError, StageConfig

ROOT = Path(__file__).resolve().parent.parent
PACKAGE_LAYER = "invoice_export"
PAGE_FILES = ("*.html", "*.css", "*.svg")
# What the inspector loads: its bundle and a library in the version of the npm lock.
SCRIPTS = (
    "inspector/dist/main.js",
    "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js",
)
NOT_CODE = ("__pycache__", "*.pyc", "tests", ".*")


def layer_folder(name: str, config: StageConfig) -> Path:
    """Return the folder that holds a layer's ``python/``."""
    if name == PACKAGE_LAYER:
        return ROOT / "layers" / name
    built = ROOT / "layers" / name / "build" / config.layer_target
    if not (built / "python").is_dir():
        raise ConfigError(
            f"{built.relative_to(ROOT)} is missing: run "
            f"`.venv/bin/python -m layers.build {config.layer_target}`"
        )
    return built


def layer_code(name: str, config: StageConfig) -> lambda_.Code:
    """Return a layer as it is uploaded."""
    folder = layer_folder(name, config)
    # The build has pruned the wheels already, and keeps their byte code.
    exclude = ["build", *NOT_CODE] if name == PACKAGE_LAYER else []
    return lambda_.Code.from_asset(str(folder), exclude=exclude)


def function_code(
    scope: Construct,
    name: str,
    *,
    config: StageConfig,
    layers: Iterable[str],
    with_inspector: bool = False,
) -> lambda_.Code:
    """Return a function's folder, with the inspector and its layers where asked for."""
    outdir = Stage.of(scope).outdir  # type: ignore[union-attr]
    staged = Path(outdir, "sources", config.stage, name)
    shutil.rmtree(staged, ignore_errors=True)
    _copy(ROOT / "lambdas" / name, staged)
    if with_inspector:
        copy_inspector(staged / "inspector")
    if config.functions_carry_layers:
        for layer in layers:
            _copy(layer_folder(layer, config) / "python", staged)
    return lambda_.Code.from_asset(str(staged))


def copy_inspector(target: Path) -> None:
    """Copy the web page as it is served: its files, its script and the libraries."""
    page = ROOT / "inspector"
    target.mkdir(parents=True, exist_ok=True)
    for pattern in PAGE_FILES:
        for file in page.glob(pattern):
            shutil.copy(file, target / file.name)
    for script in SCRIPTS:
        file = ROOT / script
        if not file.is_file():
            raise ConfigError(f"{script} is missing: run `make setup`")
        shutil.copy(file, target / file.name)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(
        source, target, ignore=shutil.ignore_patterns(*NOT_CODE), dirs_exist_ok=True
    )
