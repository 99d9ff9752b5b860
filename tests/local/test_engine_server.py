"""How the engine serves many clients."""

import asyncio
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.aws import aws_client
from local.config import Laptop
from local.engine import Engine

CLIENTS = 300
REQUEST = b"GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\n\r\n"

OPEN_MANY = """
import resource
from local.engine_server import allow_many_files
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
allow_many_files()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems let fewer wait")
def test_clients_that_connect_at_once_are_answered_in_turn(bare_laptop: Laptop) -> None:
    # In a thread: the browser's tests leave a loop running in this one.
    with ThreadPoolExecutor() as pool:
        answers = pool.submit(asyncio.run, all_at_once(bare_laptop)).result()
    # While the last waits for its first answer, no other has many.
    assert len(answers) == CLIENTS
    assert max(answers.values()) <= 10


async def all_at_once(laptop: Laptop) -> Counter[int]:
    """Let all connect, and each ask again until everybody has been answered."""
    engine = Engine(laptop).process
    assert engine is not None
    answers: Counter[int] = Counter()
    engine.suspend()
    try:
        clients = [
            await asyncio.wait_for(
                asyncio.open_connection("127.0.0.1", laptop.engine_port), timeout=5
            )
            for _ in range(CLIENTS)
        ]
        for _, writer in clients:
            writer.write(REQUEST)
    finally:
        engine.resume()

    async def ask(
        client: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while len(answers) < CLIENTS:
            await read_answer(reader)
            answers[client] += 1
            writer.write(REQUEST)
        writer.close()

    await asyncio.gather(*(ask(number, *each) for number, each in enumerate(clients)))
    return answers


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return await reader.readexactly(int(length))


def test_engine_may_open_as_many_files_as_the_system_allows() -> None:
    soft, hard = subprocess.run(
        [sys.executable, "-c", OPEN_MANY], capture_output=True, text=True, check=True
    ).stdout.split()
    assert soft == hard


def test_answers_name_no_server_of_ours(bare_laptop: Laptop) -> None:
    answer = aws_client(bare_laptop, "s3").list_buckets()
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert "server" not in headers
    assert headers["date"].count("GMT") == 1
