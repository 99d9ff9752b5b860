"""Any format as one gzip member."""

from collections.abc import Sequence

from invoice_export.domain.checksums import join_crc32
from invoice_export.domain.requests import ExportRequest
from invoice_export.formats import gzip_member
from invoice_export.formats.format import Copy, Format, Page, Piece, Writer


class Packed(Format):
    """Another format, packed."""

    media_type = "application/gzip"
    packed = True
    signature = gzip_member.HEADER

    def __init__(self, inner: Format, *, about: str) -> None:
        self._inner = inner
        self.name = f"{inner.name}.gz"
        self.label = f"{inner.label}, packed"
        self.about = about
        self.has_dialects = inner.has_dialects

    def copy(self, request: ExportRequest) -> Copy:
        return self._inner.copy(request)

    def writer(self, request: ExportRequest) -> Writer:
        return self._inner.writer(request)

    def opening(self, request: ExportRequest) -> bytes:
        return self._inner.opening(request)

    def assemble(
        self, request: ExportRequest, pages: Sequence[Page], widths: Sequence[int]
    ) -> list[Piece]:
        contents = [(page.content_crc32, page.content_bytes) for page in pages]
        length = sum(page.content_bytes for page in pages)
        trailer = gzip_member.trailer(join_crc32(contents), length)
        return [*self._inner.assemble(request, pages, widths), trailer]
