"""The engine's process: its issuer's key, its state and its end."""

import socket
import subprocess
import sys

import httpx
import jwt
import psutil
import pytest

from local.aws import aws_client
from local.engine import Engine
from local.errors import LaptopError
from local.issuer import AUDIENCE, Issuer
from tests.laptops import laptop_in


@pytest.fixture
def laptop(tmp_path):
    laptop = laptop_in(tmp_path)
    yield laptop
    Engine(laptop).stop()


def test_token_is_verified_with_the_published_key(bare_laptop):
    issuer = Issuer(bare_laptop)
    issuer.publish()
    keys = httpx.get(issuer.jwks_url).json()["keys"]
    token = issuer.token("user_alice")
    claims = jwt.decode(
        token,
        jwt.PyJWK(keys[0]),
        algorithms=["RS256"],
        audience=AUDIENCE,
        issuer=issuer.url,
    )
    assert claims["sub"] == "user_alice"
    assert claims["exp"] - claims["iat"] == 12 * 3600
    assert "d" not in keys[0]


def test_state_and_files_survive_a_restart(laptop):
    engine = Engine(laptop)
    engine.start()
    engine.save()
    s3 = aws_client(laptop, "s3")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="a/b.csv", Body=b"1,2")
    engine.stop()
    assert not engine.is_up
    engine.start()
    body = aws_client(laptop, "s3").get_object(Bucket="kept", Key="a/b.csv")["Body"]
    assert body.read() == b"1,2"


def test_stop_leaves_no_temporary_file(laptop):
    engine = Engine(laptop)
    engine.start()
    temporary = laptop.folder / "engine" / "tmp"
    (temporary / "of-a-function").touch()
    engine.stop()
    assert not temporary.exists()
    assert not (laptop.folder / "engine" / "engine.pid").exists()


def test_port_in_use_is_reported_in_one_line(laptop):
    with socket.socket() as other:
        other.bind(("127.0.0.1", laptop.engine_port))
        other.listen()
        with pytest.raises(LaptopError, match="ENGINE_PORT=") as refusal:
            Engine(laptop).start()
    assert "\n" not in str(refusal.value)


def test_start_kills_the_workers_of_a_dead_engine(laptop):
    folder = laptop.folder / "engine" / "tmp"
    folder.mkdir(parents=True)
    script = folder / "_worker.py"
    script.write_text("import time\ntime.sleep(60)\n")
    with subprocess.Popen([sys.executable, str(script)]) as orphan:
        Engine(laptop).start()
        orphan.wait(timeout=5)
        assert not psutil.pid_exists(orphan.pid)
