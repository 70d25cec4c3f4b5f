"""Files that are no text, or text in 16 bits, known by how they begin."""

from collections.abc import Mapping
from typing import Final

WORKBOOKS: Final = (".xlsx", ".xlsm", ".xls", ".ods", ".et", ".numbers")
AS_CSV: Final = 'save it as "CSV UTF-8"'
WORKBOOK: Final = f"a workbook; open it where it was made and {AS_CSV}, sheet by sheet"
UTF_16: Final = f"UTF-16, which some programs call Unicode text; {AS_CSV}"
PICTURE: Final = "a picture; give the table that it was made from"

BEGINNINGS: Final[Mapping[bytes, str]] = {
    b"\xff\xfe": UTF_16,
    b"\xfe\xff": UTF_16,
    b"PK\x03\x04": WORKBOOK,
    b"\xd0\xcf\x11\xe0": WORKBOOK,  # of before 2007
    b"\x89PNG": PICTURE,
    b"\xff\xd8\xff": PICTURE,
    b"GIF8": PICTURE,
    b"%PDF": "a PDF document; give the table that it was made from",
    b"\x1f\x8b": "gzipped; let its name end in .gz",
}
NUL: Final = f"no text, or UTF-16 without a mark; if it is a table, {AS_CSV}"


def recognized(name: str, beginning: bytes) -> str | None:
    """What a file is, and what to do about it; None where it may be text."""
    if name.lower().endswith(WORKBOOKS):
        return WORKBOOK
    return next((what for mark, what in BEGINNINGS.items() if beginning.startswith(mark)), None)
