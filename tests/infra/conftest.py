"""Synthesises each stage once, with stubs in place of the wheels."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from aws_cdk import App

from infra import assets
from infra.config import StageConfig
from infra.invoice_export_stack import InvoiceExportStack
from tests.infra.stacks import ROOT, STAGES, Synthesised, config_of


@pytest.fixture(scope="session")
def stub_layers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    wheels = tmp_path_factory.mktemp("layers")
    real = assets.layer_folder

    def layer_folder(name: str, config: StageConfig) -> Path:
        if name == assets.PACKAGE_LAYER:
            return real(name, config)
        package = wheels / name / "python" / f"{name}_wheel"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(f"LAYER = {name!r}\n")
        return wheels / name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assets, "layer_folder", layer_folder)
        yield


@pytest.fixture(scope="session")
def synthesise_together(
    stub_layers: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., list[Synthesised]]:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]

    def fresh(*configs: StageConfig) -> list[Synthesised]:
        folder = tmp_path_factory.mktemp("synthesised")
        app = App(outdir=str(folder), context=context, analytics_reporting=False)
        for config in configs:
            InvoiceExportStack(app, config=config)
        app.synth()
        texts = [
            (folder / f"{config.stack_name}.template.json").read_text()
            for config in configs
        ]
        return [
            Synthesised(config, json.loads(text), folder)
            for config, text in zip(configs, texts, strict=True)
        ]

    return fresh


@pytest.fixture(scope="session")
def synthesise(
    synthesise_together: Callable[..., list[Synthesised]],
) -> Callable[..., Synthesised]:
    def fresh(stage: str, **given: str) -> Synthesised:
        (alone,) = synthesise_together(config_of(stage, **given))
        return alone

    return fresh


@pytest.fixture(scope="session")
def synthesised(
    synthesise: Callable[..., Synthesised],
) -> Callable[..., Synthesised]:
    return cache(synthesise)


@pytest.fixture(params=STAGES)
def stack(
    request: pytest.FixtureRequest, synthesised: Callable[..., Synthesised]
) -> Synthesised:
    return synthesised(request.param)
