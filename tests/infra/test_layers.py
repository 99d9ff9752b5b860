"""The build of the wheel layers, and what they exclude."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.lambdas import LAMBDAS
from layers import build
from tests.infra.stacks import ROOT, ROWS, config_of

LOCAL = build.TARGETS["local"]
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")


def packages(layer):
    return ROOT / "layers" / layer / "build" / "local" / "python"


needs_local_layers = pytest.mark.skipif(
    not all(packages(layer).is_dir() for layer in build.wheel_layers()),
    reason="run: python -m layers.build local",
)


@pytest.fixture
def layers(tmp_path, monkeypatch):
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "requirements.lock").write_text("wheel==1\n")
    monkeypatch.setattr(build, "LAYERS", tmp_path)
    installed = []

    def install(lock, target, into):
        installed.append(target.name)
        for file in (
            "wheel/__init__.py",
            "wheel/tests/test_it.py",
            "wheel/__init__.pyi",
            "wheel-1.dist-info/RECORD",
            "wheel-1.dist-info/METADATA",
            "bin/wheel",
        ):
            (into / file).parent.mkdir(parents=True, exist_ok=True)
            (into / file).write_text("")

    monkeypatch.setattr(build, "_install", install)
    monkeypatch.setattr(build, "_compile", lambda *_: None)
    return tmp_path, installed


def test_unchanged_lock_is_not_installed_again(layers):
    _, installed = layers
    assert build.build("vendor", LOCAL)
    assert not build.build("vendor", LOCAL)
    assert installed == ["local"]


def test_changed_lock_is_installed_again(layers):
    folder, installed = layers
    build.build("vendor", LOCAL)
    (folder / "vendor" / "requirements.lock").write_text("wheel==2\n")
    assert build.build("vendor", LOCAL)
    assert installed == ["local", "local"]


def test_interrupted_build_starts_again(layers, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(build, "_prune", interrupt)
        with pytest.raises(KeyboardInterrupt):
            build.build("vendor", LOCAL)
    assert build.build("vendor", LOCAL)


def test_layers_leave_out_tests_scripts_and_records(layers):
    folder, _ = layers
    build.build("vendor", LOCAL)
    built = folder / "vendor" / "build" / "local" / "python"
    files = {str(p.relative_to(built)) for p in built.rglob("*") if p.is_file()}
    assert files == {"wheel/__init__.py", "wheel-1.dist-info/METADATA"}


def test_without_uv_the_build_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(build.BuildError, match="make setup"):
        build._install(tmp_path / "requirements.lock", LOCAL, tmp_path)


@pytest.mark.parametrize("stage", ["local", "localstack", "aws"])
def test_wheels_are_built_for_the_runtime_that_imports_them(stage):
    config = config_of(stage)
    target = build.TARGETS[config.layer_target]
    if target.python_version:
        assert config.runtime == f"python{target.python_version}"
    if stage == "aws":
        assert (config.architecture, target.machine) == ("arm64", "aarch64")


def test_byte_code_is_written_for_the_runtime_and_never_checked(tmp_path):
    module = tmp_path / "wheel.py"
    module.write_text("VALUE = 1\n")
    build._compile(tmp_path, LOCAL.compiler)
    (compiled,) = tmp_path.rglob("*.pyc")
    head = compiled.read_bytes()[:8]
    assert head[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(head[4:], "little") == 0b01, "a hash, not to be checked"


@pytest.mark.parametrize(
    ("says", "found"), [("3.99", True), ("3.98", False), ("command not found", False)]
)
def test_only_a_python_of_the_same_version_writes_byte_code(
    tmp_path, monkeypatch, says, found
):
    python = tmp_path / "python3.99"
    python.write_text(f"#!/bin/sh\necho '{says}'\n")
    python.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    compiler = build.Target("later", "3.99", "aarch64").compiler
    assert compiler == (str(python) if found else None)


def test_layers_are_built_again_once_there_is_a_compiler(layers, monkeypatch):
    _, installed = layers
    target = build.TARGETS["lambda"]
    for compiler in (None, None, "python3.14"):
        monkeypatch.setattr(build.Target, "compiler", compiler)
        build.build("vendor", target)
    assert installed == ["lambda", "lambda"]


@needs_local_layers
def test_layers_leave_boto3_to_the_runtime():
    for layer in build.wheel_layers():
        assert not list(packages(layer).glob("boto*"))


@needs_local_layers
def test_built_layers_satisfy_every_import():
    imports = "; ".join(
        f"import {name}"
        for name in (
            "msgspec",
            "psycopg",
            "psycopg_binary.pq",
            "pydantic",
            "jinja2",
            "jwt",
            "cryptography.hazmat.primitives.asymmetric.rsa",
        )
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", imports],
        env={"PYTHONPATH": ":".join(str(packages(x)) for x in build.wheel_layers())},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """A folder with only the packages of Lambda's runtime."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        found = importlib.util.find_spec(name)
        path = Path(found.origin)
        path = path.parent if path.name == "__init__.py" else path
        (folder / path.name).symlink_to(path)
    return folder


def import_handler(name, layers, runtime):
    path = [
        ROOT / "lambdas" / name,
        ROOT / "layers" / "invoice_export" / "python",
        *(packages(layer) for layer in layers),
        runtime,
    ]
    return subprocess.run(
        [sys.executable, "-S", "-c", "import handler"],
        env={
            "PYTHONPATH": ":".join(map(str, path)),
            "POWERTOOLS_METRICS_NAMESPACE": "test",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@needs_local_layers
@pytest.mark.parametrize("name", ROWS)
def test_layers_satisfy_every_import_of_the_handler(name, runtime):
    done = import_handler(name, ("vendor", *ROWS[name].layers), runtime)
    assert done.returncode == 0, done.stderr


@needs_local_layers
@pytest.mark.parametrize(
    ("name", "layer"), [(row.name, layer) for row in LAMBDAS for layer in row.layers]
)
def test_handler_needs_each_of_its_layers(name, layer, runtime):
    others = {"vendor", *ROWS[name].layers} - {layer}
    done = import_handler(name, others, runtime)
    assert "ModuleNotFoundError" in done.stderr
