"""The deployment's commands, without an engine."""

from pathlib import Path

import pytest

from local import deployment
from local.config import ROOT
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


def test_temporary_files_are_outside_the_checkout(tmp_path, monkeypatch):
    # package.json makes Node take every .js file below it for an ES module.
    folders = []
    monkeypatch.setattr(deployment, "_outputs", lambda *_: None)
    monkeypatch.setattr(
        deployment, "_run", lambda *call: folders.append(call[2].get("TMPDIR"))
    )
    with pytest.raises(LaptopError):
        deployment.deploy(laptop_in(tmp_path), lambda _: None)
    used = [Path(folder) for folder in folders if folder]
    assert len(used) >= 3
    assert not [folder for folder in used if folder.is_relative_to(ROOT)]
