"""Checks a downloaded file against its manifest."""

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
