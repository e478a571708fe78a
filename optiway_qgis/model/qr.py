"""QR codes: a text as a square of dark and light modules, and as a drawing in SVG. Which text is not known.

ISO/IEC 18004:2015, symbols of versions 1 to 40 in byte mode with error correction of level M (about 15 % of
a symbol may be lost). Texts go in as UTF-8, which every reader of phones takes without being told.
"""

from __future__ import annotations

import re
from typing import Iterator

Modules = list[list[bool]]
"""Rows of a symbol from the top, each from the left; true is dark. Without the quiet zone around it."""

QUIET_ZONE = 4
"""Light modules that have to be on each side of a symbol."""

# Table 9 of the standard, level M, by version: error correction codewords of a block, and number of blocks.
# fmt: off
_CORRECTION = (
    10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
    26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
)
_BLOCKS = (
    1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16,
    17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
)
# fmt: on
_BYTE_MODE = 0b0100
_PADDING = (0xEC, 0x11)
_LEVEL_M = 0b00
_FIELD_POLYNOMIAL = 0x11D
_FORMAT_POLYNOMIAL, _FORMAT_MASK = 0x537, 0x5412
_VERSION_POLYNOMIAL = 0x1F25
_RUN = re.compile("0{5,}|1{5,}")
_LOOKS_LIKE_FINDER = re.compile("(?<=0000)1011101|1011101(?=0000)")

_MASKS = (
    lambda row, column: (row + column) % 2 == 0,
    lambda row, column: row % 2 == 0,
    lambda row, column: column % 3 == 0,
    lambda row, column: (row + column) % 3 == 0,
    lambda row, column: (row // 2 + column // 3) % 2 == 0,
    lambda row, column: row * column % 2 + row * column % 3 == 0,
    lambda row, column: (row * column % 2 + row * column % 3) % 2 == 0,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2 == 0,
)


def qr_modules(text: str, mask: int | None = None) -> Modules:
    """Return the smallest symbol that holds the text.

    `mask` is the number (0 to 7) of the pattern that is laid over the data; None: the one with the lowest
    penalty by section 7.8.3, the first of equals.

    Raises
    ------
    ValueError
        When the text has more than 2331 bytes.
    """
    content = text.encode()
    version = _version(len(content))
    symbol = _Symbol(version)
    symbol.place(_interleaved(_codewords(content, version), version))
    if mask is not None:
        return symbol.masked(mask)
    return min((symbol.masked(number) for number in range(len(_MASKS))), key=_penalty)


def qr_svg(text: str) -> str:
    """Return the symbol with its quiet zone as an SVG drawing, a module being one unit.

    Raises
    ------
    ValueError
        As qr_modules does.
    """
    modules = qr_modules(text)
    size = len(modules) + 2 * QUIET_ZONE
    path = "".join(
        f"M{first + QUIET_ZONE} {row + QUIET_ZONE}h{length}v1h-{length}z"
        for row, line in enumerate(modules)
        for first, length in _dark_runs(line)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#ffffff" d="M0 0h{size}v{size}h-{size}z"/><path fill="#000000" d="{path}"/></svg>'
    )


def _dark_runs(line: list[bool]) -> Iterator[tuple[int, int]]:
    first = None
    for column, dark in enumerate([*line, False]):
        if dark and first is None:
            first = column
        elif not dark and first is not None:
            yield first, column - first
            first = None


def _version(length: int) -> int:
    for version in range(1, 41):
        bits = 4 + _count_bits(version) + 8 * length
        if bits <= 8 * _data_codewords(version):
            return version
    raise ValueError(f"A QR code holds at most 2331 bytes, not {length}")


def _count_bits(version: int) -> int:
    return 8 if version < 10 else 16


def _all_codewords(version: int) -> int:
    """How many codewords a symbol has room for: its modules without the patterns, in eights."""
    modules = (16 * version + 128) * version + 64
    if version >= 2:
        aligned = version // 7 + 2
        modules -= (25 * aligned - 10) * aligned - 55
    if version >= 7:
        modules -= 36
    return modules // 8


def _data_codewords(version: int) -> int:
    return _all_codewords(version) - _CORRECTION[version - 1] * _BLOCKS[version - 1]


def _codewords(content: bytes, version: int) -> bytes:
    """Mode, length and content with end and padding (section 7.4)."""
    bits = f"{_BYTE_MODE:04b}{len(content):0{_count_bits(version)}b}"
    bits += "".join(f"{byte:08b}" for byte in content)
    room = _data_codewords(version)
    bits += "0" * min(4, 8 * room - len(bits))
    bits += "0" * (-len(bits) % 8)
    words = [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]
    words += [_PADDING[number % 2] for number in range(room - len(words))]
    return bytes(words)


def _interleaved(words: bytes, version: int) -> bytes:
    """The codewords in blocks, each with its error correction, read across the blocks (section 7.6).

    The last blocks are one codeword longer where the words do not divide evenly.
    """
    blocks, length = _BLOCKS[version - 1], _CORRECTION[version - 1]
    short, longer = divmod(len(words), blocks)
    parts, place = [], 0
    for number in range(blocks):
        size = short + (number >= blocks - longer)
        parts.append(words[place : place + size])
        place += size
    generator = _generator(length)
    corrections = [_remainder(part, generator) for part in parts]
    mixed = [part[row] for row in range(short + 1) for part in parts if row < len(part)]
    mixed += [correction[row] for row in range(length) for correction in corrections]
    return bytes(mixed)


def _times(one: int, other: int) -> int:
    """The product in the field of 256 elements."""
    product = 0
    for bit in range(7, -1, -1):
        product = (product << 1) ^ ((product >> 7) * _FIELD_POLYNOMIAL)
        product ^= ((other >> bit) & 1) * one
    return product


def _generator(degree: int) -> list[int]:
    """The product of (x - 2^i) for i below `degree`, the highest coefficient left out."""
    factors = [0] * (degree - 1) + [1]
    root = 1
    for _ in range(degree):
        for place in range(degree):
            factors[place] = _times(factors[place], root)
            if place + 1 < degree:
                factors[place] ^= factors[place + 1]
        root = _times(root, 2)
    return factors


def _remainder(words: bytes, generator: list[int]) -> list[int]:
    """The error correction codewords of a block (section 7.5.2)."""
    rest = [0] * len(generator)
    for word in words:
        factor = word ^ rest.pop(0)
        rest.append(0)
        for place, coefficient in enumerate(generator):
            rest[place] ^= _times(coefficient, factor)
    return rest


class _Symbol:
    """A symbol being filled. `dark` holds its modules, None where data go; `path` is where these were put."""

    def __init__(self, version: int):
        self.version = version
        self.size = 17 + 4 * version
        self.dark: list[list[bool | None]] = [[None] * self.size for _ in range(self.size)]
        self.path: list[tuple[int, int]] = []
        self.bits = ""
        self._place_patterns()

    def _place_patterns(self) -> None:
        for number in range(8, self.size - 8):
            self.dark[6][number] = self.dark[number][6] = number % 2 == 0
        last = self.size - 4
        for row, column in ((3, 3), (3, last), (last, 3)):
            self._squares(row, column, 4, (0, 1, 3))
        centres = self._aligned()
        corners = {(6, 6), (6, self.size - 7), (self.size - 7, 6)}
        for row in centres:
            for column in centres:
                if (row, column) not in corners:
                    self._squares(row, column, 2, (0, 2))
        self._place_version()
        for row, column in self._format_places():
            self.dark[row][column] = False
        self.dark[self.size - 8][8] = True

    def _squares(self, row: int, column: int, reach: int, dark: tuple[int, ...]) -> None:
        """Draw squares around a module, those at the distances `dark` dark, as far as the symbol goes."""
        for down in range(max(0, row - reach), min(self.size, row + reach + 1)):
            for right in range(max(0, column - reach), min(self.size, column + reach + 1)):
                distance = max(abs(down - row), abs(right - column))
                self.dark[down][right] = distance in dark

    def _aligned(self) -> list[int]:
        """The middles of the alignment patterns along one side (annex E)."""
        if self.version == 1:
            return []
        count = self.version // 7 + 2
        step = 26 if self.version == 32 else (self.version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
        return [6, *sorted(self.size - 7 - step * number for number in range(count - 1))]

    def _place_version(self) -> None:
        if self.version < 7:
            return
        bits = self.version << 12 | _checked(self.version, _VERSION_POLYNOMIAL, 12)
        for number in range(18):
            dark = bool(bits >> number & 1)
            far, near = self.size - 11 + number % 3, number // 3
            self.dark[far][near] = self.dark[near][far] = dark

    def _format_places(self) -> list[tuple[int, int]]:
        """The modules of both copies of the format information, the lowest bit of each first."""
        size = self.size
        first = [(row, 8) for row in (0, 1, 2, 3, 4, 5, 7, 8)] + [
            (8, column) for column in (7, 5, 4, 3, 2, 1, 0)
        ]
        second = [(8, size - 1 - number) for number in range(8)] + [
            (size - 7 + number, 8) for number in range(7)
        ]
        return first + second

    def place(self, words: bytes) -> None:
        """Put the codewords where no pattern is, in columns of two from the right, upwards first."""
        self.bits = "".join(f"{word:08b}" for word in words)
        upwards = True
        for right in [*range(self.size - 1, 6, -2), 5, 3, 1]:
            rows = range(self.size - 1, -1, -1) if upwards else range(self.size)
            self.path += [
                (row, column)
                for row in rows
                for column in (right, right - 1)
                if self.dark[row][column] is None
            ]
            upwards = not upwards

    def masked(self, mask: int) -> Modules:
        """The finished symbol with that mask."""
        modules = [[bool(dark) for dark in line] for line in self.dark]
        flips = _MASKS[mask]
        for number, (row, column) in enumerate(self.path):
            bit = number < len(self.bits) and self.bits[number] == "1"
            modules[row][column] = bit != flips(row, column)
        data = _LEVEL_M << 3 | mask
        bits = (data << 10 | _checked(data, _FORMAT_POLYNOMIAL, 10)) ^ _FORMAT_MASK
        for number, (row, column) in enumerate(self._format_places()):
            modules[row][column] = bool(bits >> number % 15 & 1)
        return modules


def _checked(data: int, polynomial: int, degree: int) -> int:
    """The check bits of format and version information (annexes C and D)."""
    rest = data
    for _ in range(degree):
        rest = rest << 1 ^ (rest >> degree - 1) * polynomial
    return rest


def _penalty(modules: Modules) -> int:
    """How hard the symbol is to read (section 7.8.3.1): runs, squares, look-alikes of finders, imbalance."""
    size = len(modules)
    rows = ["".join("01"[dark] for dark in line) for line in modules]
    penalty = 0
    for line in (*rows, *("".join(column) for column in zip(*rows))):
        penalty += sum(len(run) - 2 for run in _RUN.findall(line))
        penalty += 40 * len(_LOOKS_LIKE_FINDER.findall(f"0000{line}0000"))
    for above, below in zip(rows, rows[1:]):
        pairs = [one + other for one, other in zip(above, below)]
        penalty += 3 * sum(one == after and one in ("00", "11") for one, after in zip(pairs, pairs[1:]))
    dark = sum(line.count("1") for line in rows)
    return penalty + 10 * (abs(20 * dark - 10 * size * size) // (size * size))
