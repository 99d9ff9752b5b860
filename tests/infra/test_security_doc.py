"""The threat model names tests that exist."""

import re

from tests.infra.stacks import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text()


def known_tests():
    return {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }


def threats():
    table = DOCUMENT.partition("## Threats")[2].partition("##")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if "|" in line]
    return rows[2:]


def test_every_threat_has_a_test_that_exists():
    known = known_tests()
    assert len(threats()) >= 15
    for row in threats():
        named = re.findall(r"`(test_\w+)`", row[-1])
        assert named, row[0]
        assert not set(named) - known, row[0]
