"""An engine with nothing deployed, for tests of its bridge."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.aws import aws_client
from local.config import Laptop
from local.engine import Engine
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
