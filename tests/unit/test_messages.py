"""Messages that executions under way still send: a release must accept them."""

import json
from pathlib import Path

import pytest

from invoice_export.contracts import workflow

KEPT = json.loads((Path(__file__).parent / "messages" / "release.json").read_text())
MESSAGES = [(name, message) for name, kept in KEPT.items() for message in kept]


@pytest.mark.parametrize(("name", "message"), MESSAGES)
def test_a_message_of_the_release_before_is_read_whole(name, message):
    parsed = getattr(workflow, name).parse(message)
    said = parsed.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert said == message


def test_every_input_of_a_step_is_kept():
    inputs = {
        name
        for name, model in vars(workflow).items()
        if isinstance(model, type) and issubclass(model, workflow.RunRef)
    }
    assert set(KEPT) == inputs
