"""A stack on LocalStack: which engine and database it finds, and who finds it."""

from pathlib import Path

import httpx
import pytest

from local.config import Laptop
from local.errors import LaptopError
from local.localstack import GivenPostgres, LocalStackLaptop, laptop_of_environment
from local.mailbox import sent_mails

ENDPOINT = "http://127.0.0.1:4599"
ADMIN = "postgresql://boss:secret@127.0.0.1:5432/postgres"


@pytest.fixture(params=["embedded", "given engine", "both given", "composed"])
def laptop(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Laptop:
    plain = Laptop(
        folder=tmp_path, engine_port=4601, database_port=4602, workshop_port=4603
    )
    monkeypatch.delenv("DATABASE_URL", raising=False)
    match request.param:
        case "embedded":
            return plain
        case "both given":
            monkeypatch.setenv("DATABASE_URL", ADMIN)
    endpoint = None if request.param == "composed" else ENDPOINT
    return LocalStackLaptop.given(plain, endpoint)


def test_another_process_finds_the_same_stack(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in laptop.environment.items():
        monkeypatch.setenv(name, value)
    found = laptop_of_environment()
    assert type(found) is type(laptop)
    assert found == laptop


def test_a_given_database_is_not_restarted(tmp_path: Path) -> None:
    laptop = LocalStackLaptop(folder=tmp_path, engine_port=1, database_port=1)
    with pytest.raises(LaptopError, match="where it runs"):
        GivenPostgres(laptop).crash_and_restart()


def test_a_mail_says_when_it_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "Id": "m-1",
        "Timestamp": "2026-11-24T12:00:00Z",
        "Destination": {"ToAddresses": ["alice@acme.example"]},
        "Subject": "Your export",
        "Body": {"text_part": "text", "html_part": "<p>text"},
    }
    answer = httpx.Response(
        200, json={"messages": [told]}, request=httpx.Request("GET", ENDPOINT)
    )
    monkeypatch.setattr(httpx, "get", lambda *_, **__: answer)
    (mail,) = sent_mails(ENDPOINT)
    assert mail["Timestamp"] == "2026-11-24T12:00:00Z"
