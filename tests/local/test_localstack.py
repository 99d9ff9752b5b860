"""A stack on LocalStack: which engine and database it uses."""

from pathlib import Path

import httpx
import pytest

from local.config import Laptop
from local.errors import LaptopError
from local.localstack import (
    ExternalPostgres,
    LocalStack,
    LocalStackLaptop,
    laptop_from_environment,
)
from local.mailbox import sent_mails
from tests.laptops import laptop_in

ENDPOINT = "http://127.0.0.1:4599"
ADMIN = "postgresql://boss:secret@127.0.0.1:5432/postgres"


@pytest.fixture(params=["ministack", "external engine", "all external", "compose"])
def laptop(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Laptop:
    plain = Laptop(
        folder=tmp_path, engine_port=4601, database_port=4602, workshop_port=4603
    )
    monkeypatch.delenv("DATABASE_URL", raising=False)
    match request.param:
        case "ministack":
            return plain
        case "all external":
            monkeypatch.setenv("DATABASE_URL", ADMIN)
    endpoint = None if request.param == "compose" else ENDPOINT
    return LocalStackLaptop.at(endpoint, plain)


def test_another_process_finds_the_same_stack(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in laptop.environment.items():
        monkeypatch.setenv(name, value)
    found = laptop_from_environment()
    assert type(found) is type(laptop)
    assert found == laptop


def test_external_database_is_never_restarted(tmp_path: Path) -> None:
    with pytest.raises(LaptopError, match="where it runs"):
        ExternalPostgres(laptop_in(tmp_path)).crash_and_restart()


def test_engine_and_database_without_an_answer_are_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    plain = laptop_in(tmp_path)
    laptop = LocalStackLaptop.at(f"http://127.0.0.1:{plain.engine_port}", plain)
    assert LocalStack(laptop).is_up is False
    assert ExternalPostgres(laptop).is_up is False


@pytest.mark.parametrize(("status", "is_up"), [(200, True), (503, False)])
def test_engine_is_up_when_its_health_check_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, is_up: bool
) -> None:
    answer = httpx.Response(status, request=httpx.Request("GET", ENDPOINT))
    monkeypatch.setattr(httpx, "get", lambda *_, **__: answer)
    laptop = LocalStackLaptop.at(ENDPOINT, laptop_in(tmp_path))
    assert LocalStack(laptop).is_up is is_up


def test_localstacks_mails_have_the_time_of_sending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = {
        "Id": "m-1",
        "Timestamp": "2026-11-24T12:00:00Z",
        "Destination": {"ToAddresses": ["alice@acme.example"]},
        "Subject": "Your export",
        "Body": {"text_part": "text", "html_part": "<p>text"},
    }
    answer = httpx.Response(
        200, json={"messages": [message]}, request=httpx.Request("GET", ENDPOINT)
    )
    monkeypatch.setattr(httpx, "get", lambda *_, **__: answer)
    (mail,) = sent_mails(ENDPOINT)
    assert mail["Timestamp"] == "2026-11-24T12:00:00Z"
