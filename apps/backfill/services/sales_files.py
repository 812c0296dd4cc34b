"""Open a file of sales whatever a spreadsheet saved it as: its encoding, and what stands between fields."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from apps.backfill.types import FileShape

_UTF_16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
# The order decides between delimiters that are equally frequent.
_DELIMITERS = (",", ";", "\t")


def shape_of(path: Path) -> FileShape:
    """How the file is to be read. One that is not UTF-8 is taken for Western Windows, line by line.

    A few bad bytes make no other encoding: most of the lines beyond ASCII decide.
    """
    encoding = _find_encoding(path)
    heading = next(read_lines(path, encoding=encoding), "")
    return FileShape(encoding=encoding, delimiter=max(_DELIMITERS, key=heading.count))


def _find_encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(2048)
        if wide := _UTF_16_MARKS.get(head[:2]) or _find_wide(head):
            return wide
        file.seek(0)
        right, wrong = _count_utf_8(file)
    return "utf-8-sig" if right >= wrong else "windows-1252"


def _find_wide(head: bytes) -> str:
    """UTF-16 without its mark: every other byte of a heading is zero."""
    if head[1::2].count(0) * 2 > len(head[1::2]):
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) * 2 > len(head[::2]) else ""


def _count_utf_8(lines: Iterable[bytes]) -> tuple[int, int]:
    """How many lines beyond ASCII are UTF-8, and how many are not."""
    right = wrong = 0
    for line in lines:
        if line.isascii():
            continue
        try:
            line.decode()
        except UnicodeDecodeError:
            wrong += 1
        else:
            right += 1
    return right, wrong


def read_lines(path: Path, *, encoding: str) -> Iterator[str]:
    """The lines of a file with their ends. What the encoding does not know comes as lone surrogates,
    so that it damages no more than its own line.
    """
    if encoding.startswith("utf-16"):
        content = path.read_bytes()
        # Half a character at the end must not cost the whole file.
        whole = content + b"\x00" * (len(content) % 2)
        text = whole.decode(encoding, errors="surrogatepass").removeprefix("\ufeff")
        yield from io.StringIO(text, newline="")
        return
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        yield from file


def parse_line(text: str, *, delimiter: str) -> list[str]:
    """The fields of one record. Raises csv.Error if it is none, or not all of one."""
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])
