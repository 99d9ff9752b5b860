"""Where a stack lives, and the messages for settings that cannot work."""

import pytest

from local import stack
from local.config import ROOT, Laptop
from local.errors import LaptopError


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch, tmp_path):
    for name in ("ENGINE_PORT", "DATABASE_PORT", "WORKSHOP_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path / "laptop"))


def test_default_folder_is_in_the_checkout(monkeypatch):
    monkeypatch.delenv("LOCAL_DIR")
    assert Laptop.from_environment().folder == ROOT / ".local"


@pytest.mark.parametrize("port", ["engine", "database", "workshop"])
def test_later_commands_use_the_ports_of_the_first(monkeypatch, port):
    monkeypatch.setenv(f"{port.upper()}_PORT", "5001")
    Laptop.from_environment().save_ports()
    monkeypatch.delenv(f"{port.upper()}_PORT")
    assert getattr(Laptop.from_environment(), f"{port}_port") == 5001


def test_workshop_is_next_to_the_engine_by_default(monkeypatch):
    monkeypatch.setenv("ENGINE_PORT", "5001")
    assert Laptop.from_environment().workshop_port == 5012


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_impossible_port_is_refused(monkeypatch, port):
    monkeypatch.setenv("DATABASE_PORT", port)
    with pytest.raises(LaptopError, match="DATABASE_PORT"):
        Laptop.from_environment()


def test_command_on_a_stack_that_is_down_says_what_to_run():
    with pytest.raises(LaptopError, match="run `make up`"):
        stack.facts(Laptop.from_environment())
