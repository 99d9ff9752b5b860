"""An engine with nothing deployed, for tests of its bridge; loads of a text."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.aws import aws_client
from local.config import Laptop
from local.engine import Engine
from local.loader.load import load
from local.loader.report import Report
from local.loader.rules import Rules
from local.tenancy import act_for
from tests.fix_postgres import TestDatabase
from tests.laptops import laptop_in

ROLE = "arn:aws:iam::000000000000:role/any"


@pytest.fixture(scope="session")
def bare_laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    laptop = laptop_in(tmp_path_factory.mktemp("bare"))
    engine = Engine(laptop)
    try:
        engine.start()
        yield laptop
    finally:
        engine.stop()


@pytest.fixture
def make_function(bare_laptop: Laptop, request) -> Callable[..., str]:
    """Deploy a function of one file, named after the test; return its name."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:60]

    def make(source: str, timeout: int = 10) -> str:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as file:
            file.writestr("handler.py", source)
        aws_client(bare_laptop, "lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="handler.handler",
            Role=ROLE,
            Code={"ZipFile": package.getvalue()},
            Timeout=timeout,
        )
        return name

    return make


@pytest.fixture
def invoke(bare_laptop: Laptop) -> Callable[[str, Any], Any]:
    """Call a function; return its answer, or its error as AWS reports it."""

    def call(function: str, event: Any) -> Any:
        answer = aws_client(bare_laptop, "lambda").invoke(
            FunctionName=function, Payload=json.dumps(event).encode()
        )
        return json.loads(answer["Payload"].read())

    return call


@pytest.fixture
def owner(database: TestDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.owner_url) as connection:
        yield connection


@pytest.fixture
def load_text(tmp_path: Path, owner: psycopg.Connection) -> Callable[..., Report]:
    """Loads a text into org_new, under the rules that the test names."""

    def load_it(text: str | bytes, **rules: Any) -> Report:
        path = tmp_path / "invoices.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        if "organization_column" not in rules:
            rules.setdefault("organization", "org_new")
        return load(owner, path, Rules(**rules))

    return load_it


@pytest.fixture
def stored(owner: psycopg.Connection) -> Callable[..., list[tuple[Any, ...]]]:
    """What an organisation has, in the order of an export."""

    def rows(columns: str, organization: str = "org_new") -> list[tuple[Any, ...]]:
        with owner.transaction(), owner.cursor() as cursor:
            act_for(cursor, organization)
            return cursor.execute(
                f"SELECT {columns} FROM invoices ORDER BY created_at, id"
            ).fetchall()

    return rows
