"""Decision records are numbered; links, named files and make targets exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "statemachine").glob("*.md")),
]
FOLDERS = ["infra", "lambdas", "layers", "local"]
FOLDERS += ["tests", "gates", "benchmarks", "tools"]
MODULES = [
    f"/{path.relative_to(ROOT)}"
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
]
SECTIONS = ["Context", "Decision", "Consequences"]


def prose(document):
    return re.sub(
        r"^```.*?^```$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE
    )


def headings(document):
    return re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)


def anchor(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def named(document):
    return str(document.relative_to(ROOT))


def test_decision_records_are_numbered_without_gaps():
    numbers = [int(record.name.partition("-")[0]) for record in RECORDS]
    assert numbers == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("record", RECORDS, ids=named)
def test_decision_record_has_its_number_and_the_three_sections(record):
    number = int(record.name.partition("-")[0])
    title, *sections = headings(record)
    assert title.startswith(f"{number}. ")
    assert sections == SECTIONS


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_link_leads_to_a_file_and_a_heading(document):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", prose(document)):
        path, _, heading = target.partition("#")
        file = document.parent / path if path else document
        assert file.exists(), target
        if heading:
            assert heading in {anchor(each) for each in headings(file)}, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_named_module_exists(document):
    for module in re.findall(r"`([\w/]+\.py)`", document.read_text()):
        assert module == "app.py" or any(
            path.endswith(f"/{module}") for path in MODULES
        ), module


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_named_make_target_exists(document):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", makefile, re.MULTILINE))
    commands = r"(?:`|\(|^ *)make (?:-s )?([a-z][a-z0-9-]*)"
    named_targets = re.findall(commands, document.read_text(), re.MULTILINE)
    assert set(named_targets) <= targets
