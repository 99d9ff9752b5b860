"""Bringing a stack up, without an engine."""

import pytest

from local import stack
from local.config import Laptop
from local.errors import LaptopError


def test_stacks_that_come_up_at_once_synthesise_in_places_of_their_own(
    tmp_path, monkeypatch
):
    laptop = Laptop(folder=tmp_path, engine_port=4999, database_port=5999)
    ran = []
    monkeypatch.setattr(stack, "_outputs", lambda *_: None)
    monkeypatch.setattr(stack, "_run", lambda command, *_: ran.append(command))
    with pytest.raises(LaptopError, match="not there after its deployment"):
        stack._deploy(laptop, lambda _: None)
    commands = {command[1]: command for command in ran if command[0].endswith("/cdk")}
    places = {
        name: command[command.index("-a" if name == "deploy" else "-o") + 1]
        for name, command in commands.items()
    }
    assert set(places) == {"synth", "bootstrap", "deploy"}
    assert places["synth"] == places["deploy"] != places["bootstrap"]
    assert all(place.startswith(str(tmp_path)) for place in places.values())
