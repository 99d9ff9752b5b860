"""``python -m local.verify FILE MANIFEST``: checks a downloaded file.

Apart from the rest of the command line, since it needs the package of the Lambdas.
"""

import sys
from pathlib import Path

from pydantic import ValidationError

from invoice_export.domain.manifest import Manifest, differences
from local.errors import LaptopError


def verify_file(file: Path, manifest: Path) -> Manifest:
    """Return the manifest that the file agrees with. Raises LaptopError otherwise."""
    try:
        described = Manifest.model_validate_json(manifest.read_bytes())
        with file.open("rb") as content:
            found = differences(described, content)
    except OSError as exc:
        raise LaptopError(f"Cannot read {exc.filename}: {exc.strerror}.") from exc
    except ValidationError as exc:
        raise LaptopError(f"{manifest} is not a manifest of an export.") from exc
    if found:
        raise LaptopError(f"{file} is not what was exported: {'; '.join(found)}.")
    return described


def main(arguments: list[str]) -> int:
    """Say in one line whether the file is whole."""
    file, manifest = map(Path, arguments)
    try:
        checked = verify_file(file, manifest)
    except LaptopError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    print(
        f"{file} is whole: {checked.rows:,} rows in {len(checked.parts)} parts,"
        f" CRC32 {checked.crc32}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
