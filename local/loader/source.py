"""Opens a text file, compressed or not, and decodes it."""

import codecs
import gzip
import io
import re
import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from local.errors import LaptopError
from local.loader.problems import CsvError

# UTF-32 comes first: its mark begins with the mark of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)
GZIP = b"\x1f\x8b"
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
SAMPLE = 4_096
EXCERPT = 30
# Stands for a byte that cannot be decoded. No valid text contains it.
LOST = 0xDC00
LOST_BYTES = re.compile(r"[\udc00-\udcff]+")


class Source:
    """A file that can be read from its beginning several times."""

    def __init__(self, path: Path, file: BinaryIO, declared: str | None) -> None:
        self.path = path
        self._file = file
        start = self._start()
        if start.startswith(WORKBOOKS):
            raise CsvError(
                f"{path} is a workbook: save the sheet as CSV (UTF-8) and load that."
            )
        self.encoding = self._encoding(start, declared)

    @contextmanager
    def text(self, errors: str = "strict") -> Iterator[TextIO]:
        """Yield the text from the beginning, with its line endings unchanged.

        Raises CsvError at the first byte that cannot be decoded, with its line.
        """
        with self._unpacked() as binary:
            encoding = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
            text = io.TextIOWrapper(binary, encoding, errors=errors, newline="")
            try:
                yield text
            except UnicodeDecodeError:
                raise CsvError(self._undecodable()) from None
            finally:
                text.detach()

    @contextmanager
    def _unpacked(self) -> Iterator[BinaryIO]:
        self._file.seek(0)
        packed = self._file.read(len(GZIP)) == GZIP or self.path.suffix == ".gz"
        self._file.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=self._file) as unpacked:
                yield cast("BinaryIO", unpacked)
        else:
            yield self._file

    def _start(self) -> bytes:
        with self._unpacked() as binary:
            return binary.read(SAMPLE)

    def _encoding(self, start: bytes, declared: str | None) -> str:
        name = codecs.lookup(declared).name if declared else None
        for mark, marked in MARKS:
            if start.startswith(mark):
                if name and not name.startswith(marked):
                    raise CsvError(
                        f"{self.path} begins with the mark of {marked}: leave out"
                        f" --encoding {declared}."
                    )
                return marked
        if name:
            return name
        # Half the bytes of a text in UTF-16 are NUL, not just a few.
        for encoding, high_bytes in (
            ("utf-16-le", start[1::2]),
            ("utf-16-be", start[::2]),
        ):
            if high_bytes.count(0) * 2 > len(high_bytes):
                raise CsvError(
                    f"{self.path} looks like UTF-16 without a byte-order mark:"
                    f" say --encoding {encoding}."
                )
        return "utf-8"

    def _undecodable(self) -> str:
        """Name the line, and show how it would read in windows-1252."""
        with self.text(errors=_MARK_LOST) as text:
            line, content, lost = next(
                (line, content, lost)
                for line, content in enumerate(text, start=1)
                if (lost := LOST_BYTES.search(content))
            )
        told = (
            f"{self.path}, line {line}: byte 0x{ord(lost[0][0]) - LOST:02X} is not"
            f" {self.encoding}. Name the encoding of the file with --encoding"
        )
        if self.encoding != "utf-8":
            return f"{told}."
        around = content[max(0, lost.start() - EXCERPT) : lost.end() + EXCERPT]
        raw = around.encode("utf-8", "surrogateescape")
        excerpt = raw.decode("windows-1252", "replace").strip()
        return f"{told}; with --encoding windows-1252 the line holds {excerpt!r}."


@contextmanager
def opened(path: Path, encoding: str | None) -> Iterator[Source]:
    """Open a file. A pipe is copied first, so that it can be read twice."""
    try:
        with path.open("rb") as file:
            if stat.S_ISREG(path.stat().st_mode):
                yield Source(path, file, encoding)
            else:
                with tempfile.TemporaryFile() as copy:
                    shutil.copyfileobj(file, copy)
                    yield Source(path, cast("BinaryIO", copy), encoding)
    except (OSError, EOFError, zlib.error) as exc:
        raise LaptopError(f"Cannot read {path}: {exc}") from exc


def _keep_lost(error: UnicodeError) -> tuple[str, int]:
    """Keep undecodable bytes, like surrogateescape, but in every encoding."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(chr(LOST + byte) for byte in lost), error.end


_MARK_LOST = "local.loader.mark_lost"
codecs.register_error(_MARK_LOST, _keep_lost)
