"""What a format is: bytes of a page, and what stands around the pages."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from invoice_export.domain.adjustments import Adjustment
from invoice_export.domain.dataset import Column
from invoice_export.domain.requests import ExportRequest


class Copy(NamedTuple):
    """How PostgreSQL writes the rows of a page.

    ``cells`` has an SQL expression per column. It names the value as ``{value}``, the
    instant of a time as ``{instant}`` and the file's zone as ``{zone}``. ``options``
    are those of ``COPY``. ``uncounted`` are times that the writer does not see: the
    unusual ones are counted by a query.
    """

    cells: Sequence[str]
    options: str
    uncounted: Sequence[Column] = ()


class Written(NamedTuple):
    """Rows as the file holds them."""

    text: bytes | bytearray
    adjusted: Mapping[Adjustment, int] = MappingProxyType({})


# Rows as COPY sends them; each ends in one line feed.
Rows = Sequence[memoryview]
Writer = Callable[[Rows], Written]


class Page(Protocol):
    """A finished page. Its part holds ``byte_count`` bytes, which may be packed;
    ``content_bytes`` and ``content_crc32`` are of the bytes before that.
    """

    @property
    def row_count(self) -> int: ...
    @property
    def byte_count(self) -> int: ...
    @property
    def content_crc32(self) -> int: ...
    @property
    def content_bytes(self) -> int: ...


# A piece of a file: a page by its place in the list of pages, or bytes.
Piece = int | bytes


class Format(ABC):
    """A way to write rows as a file. One object serves all workers and requests."""

    # As requests spell it; the extension too.
    name: str
    label: str
    # Whom it is for, in one line.
    about: str
    media_type: str
    # Whether delimiter and byte-order mark can be chosen.
    has_dialects: bool = False
    # Whether pages are raw deflate.
    packed: bool = False
    # What a packed file begins with, unpacked, in the first page's part.
    signature: bytes = b""
    # Whether the plan measures how wide the columns are.
    measures_widths: bool = False

    @abstractmethod
    def copy(self, request: ExportRequest) -> Copy:
        """Return how PostgreSQL writes the rows."""

    @abstractmethod
    def writer(self, request: ExportRequest) -> Writer:
        """Return what turns rows into bytes of a page."""

    def opening(self, request: ExportRequest) -> bytes:
        """Return what stands before the first page's rows."""
        del request
        return b""

    def assemble(
        self, request: ExportRequest, pages: Sequence[Page], widths: Sequence[int]
    ) -> list[Piece]:
        """Return the file as pieces; every page is one of them, in order.

        ``widths`` are the columns' widths in characters, where the plan measured them.
        Equal arguments give equal bytes: a worker that dies leaves the rest to another.
        """
        del request, widths
        return list(range(len(pages)))
