"""The deployment's commands, without an engine."""

import pytest

from local import deployment
from local.errors import LaptopError
from tests.laptops import laptop_in


def test_synth_and_bootstrap_write_to_separate_folders(tmp_path, monkeypatch):
    commands = {}
    monkeypatch.setattr(deployment, "_outputs", lambda *_: None)
    monkeypatch.setattr(
        deployment, "_run", lambda command, *_: commands.update({command[1]: command})
    )
    with pytest.raises(LaptopError, match="did not create the stack"):
        deployment.deploy(laptop_in(tmp_path), lambda _: None)
    folders = {
        name: commands[name][commands[name].index(option) + 1]
        for name, option in (("synth", "-o"), ("bootstrap", "-o"), ("deploy", "-a"))
    }
    assert folders["synth"] == folders["deploy"] != folders["bootstrap"]
    assert all(folder.startswith(str(tmp_path)) for folder in folders.values())
