"""What can be read and copied from a PDF: its texts, by the tables that its fonts bring for that."""

import base64
import re
import zlib

_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def texts_of(pdf: bytes) -> list[str]:
    """Each piece of text that is shown, in the order in which it is drawn."""
    objects = dict(re.findall(rb"(\d+) 0 obj(.*?)endobj", pdf, re.DOTALL))
    fonts = {
        name: _letters_of(objects, number)
        for name, number in re.findall(rb"/(F\d+\+\d+) (\d+) 0 R", pdf)
    }
    found = []
    for body in objects.values():
        content = _content(body)
        letters: dict[int, str] = {}
        for font, text in re.findall(
            rb"/(F\d+\+\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", content, re.DOTALL
        ):
            if font:
                letters = fonts[font]
            else:
                found.append(
                    "".join(letters.get(code, "\N{REPLACEMENT CHARACTER}") for code in _plain(text))
                )
    return found


def _content(body: bytes) -> bytes:
    stream = re.search(rb"stream\r?\n(.*?)\s*endstream", body, re.DOTALL)
    if stream is None:
        return b""
    data = stream[1]
    if b"/ASCII85Decode" in body:
        data = base64.a85decode(data.strip().removesuffix(b"~>"))
    return zlib.decompress(data) if b"/FlateDecode" in body else data


def _letters_of(objects: dict[bytes, bytes], number: bytes) -> dict[int, str]:
    table = re.search(rb"/ToUnicode (\d+) 0 R", objects[number])
    assert table, "a font that nothing can be copied from"
    cmap = _content(objects[table[1]])
    pairs = re.findall(rb"<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]+)>", cmap)
    pairs += [
        (one, one, to)
        for one, to in re.findall(rb"\n<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]{4,})>", cmap)
    ]
    return {
        int(first, 16): bytes.fromhex(to.decode()).decode("utf-16-be") for first, _, to in pairs
    }


def _plain(text: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code.isdigit() else _ESCAPES.get(code, code)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, text, flags=re.DOTALL)
