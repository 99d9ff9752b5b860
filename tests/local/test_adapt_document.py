"""docs/adapt.md shows the ledger's own files, and keys that the deployment knows."""

import re
import shlex

import pytest

from infra.context import AWS_CONTEXT, aws_config
from tests.adapting import commands_of, listings
from tests.apps.ledger import LEDGER

NAMES = sorted(listings())


@pytest.mark.parametrize("name", NAMES)
def test_listing_is_a_file_of_the_ledger(name: str) -> None:
    path = LEDGER.folder / "datasets" / name
    assert listings()[name] == path.read_text("utf-8")


def test_page_shows_the_directory_and_a_dataset() -> None:
    directory = [
        f"directory/{name}.sql" for name in LEDGER.datasets.directory.__struct_fields__
    ]
    default = LEDGER.datasets.default.view
    assert sorted(NAMES) == sorted([*directory, f"{default}.sql", f"{default}.py"])


def test_deployment_takes_the_keys_of_the_page() -> None:
    (command,) = [
        line
        for line in commands_of("7. Deploy beside your database")
        if "make deploy" in line
    ]
    words = shlex.split(command.partition("make deploy")[2])
    (given,) = [word.removeprefix("CONTEXT=") for word in words if "=" in word]
    context = dict(re.findall(r"-c (\w+)=(\S+)", given))
    assert set(context) <= set(AWS_CONTEXT)
    account = aws_config(context).account
    assert account is not None
    assert account.database is not None
    assert account.network is not None
