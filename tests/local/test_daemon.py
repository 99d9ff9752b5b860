"""Processes in the background: their start, their end, and what they leave."""

import socket
import time

import pytest

from local.daemon import Daemon
from local.errors import LaptopError
from tests.laptops import laptop_in


@pytest.fixture
def port(tmp_path):
    return laptop_in(tmp_path).engine_port


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start a daemon that runs this source; stop it after the test."""
    started = []

    def start_it(source):
        (tmp_path / "background.py").write_text(source)
        daemon = Daemon("background", tmp_path / "background")
        daemon.start({"PYTHONPATH": str(tmp_path)})
        started.append(daemon)
        return daemon

    yield start_it
    for daemon in started:
        daemon.stop(grace=0)


LISTEN = (
    "import socket, time\ns = socket.create_server(('127.0.0.1', {}))\ntime.sleep(60)"
)


def test_daemon_listens_until_it_is_stopped(start, port):
    daemon = start(LISTEN.format(port))
    daemon.wait_until_listening(port)
    process = daemon.process
    daemon.stop(grace=5)
    assert not process.is_running()
    assert daemon.process is None
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_another_command_finds_the_daemon(start, tmp_path, port):
    daemon = start(LISTEN.format(port))
    daemon.wait_until_listening(port)
    other = Daemon("background", tmp_path / "background")
    assert other.process == daemon.process is not None
    other.wait_until_listening(port)


def test_nobody_waits_for_a_dead_daemon(start, port, monkeypatch):
    daemon = start("raise SystemExit('no disk left')")
    daemon._child.wait()
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waits"))
    with pytest.raises(LaptopError, match="no disk left"):
        daemon.wait_until_listening(port, seconds=60)


def test_daemon_that_never_listens_is_reported(start, port):
    daemon = start("import time\ntime.sleep(60)")
    with pytest.raises(LaptopError, match=f"Nothing listens on port {port}"):
        daemon.wait_until_listening(port, seconds=0.1)
