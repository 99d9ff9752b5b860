"""What a check finds: a code, how bad it is, and what to do."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a finding matters; only errors mean that the database does not fit."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OK = "ok"


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``code`` names the check and never changes."""

    code: str
    severity: Severity
    message: str
    advice: str = ""


@dataclass(frozen=True)
class Section:
    """The findings about the server, the directory or one dataset."""

    title: str
    findings: tuple[Finding, ...]


def error(code: str, message: str, advice: str) -> Finding:
    return Finding(code, Severity.ERROR, message, advice)


def warning(code: str, message: str, advice: str) -> Finding:
    return Finding(code, Severity.WARNING, message, advice)


def info(code: str, message: str) -> Finding:
    return Finding(code, Severity.INFO, message)


def ok(code: str, message: str) -> Finding:
    return Finding(code, Severity.OK, message)


def complaints_or(found: Iterable[Finding], fine: Finding) -> list[Finding]:
    """Return what was found, or that all is fine."""
    return list(found) or [fine]


def fits(sections: Iterable[Section]) -> bool:
    return count(sections, Severity.ERROR) == 0


def count(sections: Iterable[Section], severity: Severity) -> int:
    return sum(
        finding.severity is severity
        for section in sections
        for finding in section.findings
    )


def as_text(sections: Iterable[Section]) -> str:
    """Return the report for people, its columns aligned."""
    sections = list(sections)
    codes = [finding.code for section in sections for finding in section.findings]
    width = max(map(len, codes), default=0)
    lines: list[str] = []
    for section in sections:
        lines += [section.title]
        for finding in section.findings:
            lines.append(
                f"  {finding.severity:<7}  {finding.code:<{width}}  {finding.message}"
            )
            if finding.advice:
                lines.append(f"{'':{width + 13}}-> {finding.advice}")
        lines.append("")
    return "\n".join([*lines, _conclusion(sections)])


def _conclusion(sections: list[Section]) -> str:
    errors = count(sections, Severity.ERROR)
    warnings = _several(count(sections, Severity.WARNING), "warning")
    if errors:
        return f"It does not fit yet: {_several(errors, 'error')}, {warnings}."
    return f"It fits: {warnings}."


def _several(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number or 'no'} {word}s"


def as_json(sections: Iterable[Section]) -> dict[str, Any]:
    """Return the report for machines."""
    sections = list(sections)
    return {
        "fits": fits(sections),
        "errors": count(sections, Severity.ERROR),
        "warnings": count(sections, Severity.WARNING),
        "sections": [asdict(section) for section in sections],
    }
