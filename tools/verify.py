"""``make verify``: checks a downloaded file against its manifest."""

import sys
from pathlib import Path

from invoice_export.domain.manifest import Manifest, differences

USAGE = "make verify FILE=invoices.csv MANIFEST=manifest.json"


class VerificationError(Exception):
    """The file is not the one that was exported, or cannot be checked."""


def verify_file(file: Path, manifest: Path) -> Manifest:
    """Return the manifest that the file agrees with. Raises VerificationError."""
    try:
        described = Manifest.of_json(manifest.read_text())
        with file.open("rb") as content:
            found = differences(described, content)
    except OSError as exc:
        raise VerificationError(f"Cannot read {exc.filename}: {exc.strerror}.") from exc
    except ValueError as exc:
        raise VerificationError(
            f"{manifest} is not the manifest of an export. Download manifest.json "
            "with the file and try again."
        ) from exc
    if found:
        raise VerificationError(
            f"{file} differs from what was exported: {'; '.join(found)}. "
            "Download it again."
        )
    return described


def main(arguments: list[str]) -> int:
    """Print one line: the file is complete, or why it is not."""
    match arguments:
        case [file, manifest] if file and manifest:
            pass
        case _:
            return _fail(f"Name the file and its manifest: {USAGE}")
    try:
        checked = verify_file(Path(file), Path(manifest))
    except VerificationError as exc:
        return _fail(str(exc))
    print(
        f"{file} is complete: {checked.rows:,} rows in {len(checked.parts)} parts,"
        f" CRC-32 {checked.crc32}"
    )
    return 0


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
