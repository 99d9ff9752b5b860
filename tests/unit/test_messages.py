"""Messages that executions under way still send: a release must accept them."""

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from invoice_export.contracts import workflow
from invoice_export.contracts.workflow.run import RunRef

KEPT = json.loads((Path(__file__).parent / "messages" / "release.json").read_text())
MESSAGES = [(name, message) for name, kept in KEPT.items() for message in kept]
MODULES = [
    import_module(f"{workflow.__name__}.{module.name}")
    for module in iter_modules(workflow.__path__)
]
INPUTS = {
    name: model
    for module in MODULES
    for name, model in vars(module).items()
    if isinstance(model, type) and issubclass(model, RunRef)
}


@pytest.mark.parametrize(("name", "message"), MESSAGES)
def test_a_message_of_the_release_before_is_read_whole(name, message):
    parsed = INPUTS[name].parse(message)
    said = {key: value for key, value in parsed.dump().items() if value is not None}
    assert said == message


def test_every_input_of_a_step_is_kept():
    assert set(KEPT) == set(INPUTS)
