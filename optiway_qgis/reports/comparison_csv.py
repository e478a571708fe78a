"""The figures of a comparison as CSV text (RFC 4180) for spreadsheets. No file is written here."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.compare import Comparison

COLUMNS = ("name", "vehicle_id", "unit", "before", "after", "difference", "percent")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_DECIMALS = 6


def comparison_csv(comparison: Comparison) -> str:
    """Return a header and a row per figure; a percentage that there is none of is empty."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for figure in comparison.rows:
        numbers = (figure.before, figure.after, figure.difference, figure.percent)
        rows.writerow(
            [figure.name, harmless(figure.vehicle_id), figure.unit]
            + ["" if number is None else round(number, _DECIMALS) for number in numbers]
        )
    return text.getvalue()


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe goes before what opens one."""
    return f"'{text}" if text.startswith(_FORMULA) else text
