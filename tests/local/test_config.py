"""Where a stack lives, and what is said when that makes no sense."""

import pytest

from local import stack
from local.config import ROOT, Laptop
from local.errors import LaptopError


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch, tmp_path):
    for name in ("ENGINE_PORT", "DATABASE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path / "laptop"))


def test_defaults_are_in_the_checkout(monkeypatch):
    monkeypatch.delenv("LOCAL_DIR")
    assert Laptop.from_environment().folder == ROOT / ".local"


def test_ports_chosen_once_are_kept(monkeypatch):
    monkeypatch.setenv("ENGINE_PORT", "5001")
    Laptop.from_environment().keep_ports()
    monkeypatch.delenv("ENGINE_PORT")
    assert Laptop.from_environment().engine_port == 5001


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_impossible_port_is_told(monkeypatch, port):
    monkeypatch.setenv("DATABASE_PORT", port)
    with pytest.raises(LaptopError, match="DATABASE_PORT"):
        Laptop.from_environment()


def test_stack_that_is_not_up_says_so():
    with pytest.raises(LaptopError, match="run `make up`"):
        stack.facts(Laptop.from_environment())
