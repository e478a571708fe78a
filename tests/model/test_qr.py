"""QR codes are read by somebody else's reader, and are module for module what other makers draw."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
import qrcode
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from qrcode.util import MODE_8BIT_BYTE, QRData
from segno.encoder import mask_scores

from optiway_qgis.model.qr import QUIET_ZONE, qr_modules, qr_svg

# The most bytes that versions 1 to 10, 27 and 40 hold at level M: table 7 of the standard.
ROOM = {1: 14, 2: 26, 3: 42, 4: 62, 5: 84, 6: 106, 7: 122, 8: 152, 9: 180, 10: 213, 27: 1125, 40: 2331}
SIGNS = "abcdefghijXYZ0123456789-._~:/?#[]@!$&'()*+,;=%éשЖ漢😀"


def read(modules) -> list[str]:
    """What a reader finds in a picture of the symbol."""
    framed = np.pad(np.array(modules, dtype=bool), QUIET_ZONE)
    picture = np.where(np.kron(framed, np.ones((3, 3), dtype=bool)), 0, 255).astype(np.uint8)
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def some_text(length: int) -> str:
    """A text of so many bytes."""
    dice = random.Random(length)
    text = "".join(dice.choice(SIGNS) for _ in range(length))
    while len(text.encode()) > length:
        text = text[:-1]
    return text + "x" * (length - len(text.encode()))


def others(text: str, mask: int) -> list[list[bool]]:
    """The symbol as the package qrcode makes it."""
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, border=0, mask_pattern=mask, box_size=1
    )
    code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE), optimize=0)
    code.make(fit=True)
    return [[bool(dark) for dark in line] for line in code.modules]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80))
def test_a_reader_reads_any_text(text):
    """Whatever a customer is called, or a link contains."""
    assert read(qr_modules(text)) == [text]


@pytest.mark.parametrize("version", ROOM)
def test_symbols_are_as_small_as_they_can_be(version):
    """A text that just fits, and one that just does not, are read from the sizes the standard gives."""
    fits = some_text(ROOM[version])
    modules = qr_modules(fits)
    assert len(modules) == 17 + 4 * version
    assert read(modules) == [fits]
    if version < 40:
        larger = qr_modules(fits + "x")
        assert len(larger) == 17 + 4 * (version + 1)
        assert read(larger) == [fits + "x"]


def test_all_lengths_up_to_version_ten_are_read():
    """No length falls between padding and blocks."""
    for length in range(1, ROOM[10] + 1, 4):
        text = some_text(length)
        assert read(qr_modules(text)) == [text], length


@pytest.mark.parametrize("mask", range(8))
@pytest.mark.parametrize("length", [1, 26, 27, 100, 150, 213, 500])
def test_symbols_are_those_of_another_maker(length, mask):
    """Module for module, with every mask: the error correction and the patterns are the standard's."""
    text = some_text(length)
    assert qr_modules(text, mask) == others(text, mask)


@pytest.mark.parametrize("length", [3, 14, 40, 75, 110, 213])
def test_the_mask_is_the_one_that_is_easiest_to_read(length):
    """By the penalties as another maker counts them; the first of equals."""
    text = some_text(length)
    every = [qr_modules(text, mask) for mask in range(8)]
    penalties = [
        sum(mask_scores([bytearray(line) for line in modules], len(modules), len(modules)))
        for modules in every
    ]
    assert len(set(penalties)) > 1
    assert qr_modules(text) == every[penalties.index(min(penalties))]


def test_a_damaged_symbol_is_read():
    """A drop of rain on the sheet: error correction is there and right."""
    text = some_text(150)
    modules = qr_modules(text)
    for row in range(12, 18):
        for column in range(20, 26):
            modules[row][column] = not modules[row][column]
    assert read(modules) == [text]


def test_too_long_a_text_is_refused():
    """Rather than cut: a link without its end leads elsewhere."""
    with pytest.raises(ValueError, match="2331 bytes, not 2332"):
        qr_modules("x" * 2332)


def test_the_drawing_is_the_symbol_with_its_quiet_zone():
    """Each dark run of a row is one rectangle of the path."""
    modules = qr_modules("geo:41.18,-8.64")
    size = len(modules) + 2 * QUIET_ZONE
    drawing = qr_svg("geo:41.18,-8.64")
    assert f'viewBox="0 0 {size} {size}"' in drawing
    drawn = [[False] * size for _ in range(size)]
    for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawing):
        for place in range(int(column), int(column) + int(length)):
            drawn[int(row)][place] = True
    assert drawn == np.pad(np.array(modules), QUIET_ZONE).tolist()
