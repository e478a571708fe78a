"""Colours of routes and activities, shared by the report and the QGIS styles. No drawing.

Five of the route colours are Okabe and Ito's ("Color Universal Design", jfly.uni-koeln.de/color), the light
blue is of Paul Tol's vibrant scheme (personal.sron.nl/~pault), and loading and breaks are of his muted one;
the six others were found by a search that keeps all twelve far apart in OKLab, as they are and as people
with protanopia, deuteranopia and tritanopia see them (Machado, Oliveira and Fernandes 2009). All stand out
from white and from the pale ground of street maps; pale colours are absent for that reason. The red of what
is wrong is for marks, never for a route.
"""

from __future__ import annotations

ROUTE_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#b40afc",
    "#d55e00",
    "#33bbee",
    "#00306f",
    "#cc79a7",
    "#a40122",
    "#00735c",
    "#65019f",
    "#5a000f",
)

ACTIVITY_COLOURS = {
    "drive": "#0072b2",
    "service": "#e69f00",
    "setup": "#5a000f",
    "wait": "#c8ccd0",
    "loading": "#332288",
    "break": "#44aa99",
}
"""What a vehicle is doing; told apart by lightness alone as well."""

ALARM_COLOUR = "#c00020"
"""Late, violated, unassigned."""

OTHER_COLOUR = "#6b7280"
"""Of a vehicle that has no route in the plan."""

CHANGE_COLOURS = {
    "removed": ALARM_COLOUR,
    "added": "#009e73",
    "moved": "#b40afc",
    "earlier": "#33bbee",
    "later": "#e69f00",
    "reordered": OTHER_COLOUR,
}
"""What became of a stop in another plan."""


SEVERITY_COLOURS = {"error": ALARM_COLOUR, "warning": "#e69f00", "info": "#0072b2"}
"""How grave a finding is."""


def route_colour(index: int) -> str:
    """Return the colour, as #rrggbb, of the route at place `index` (from 0) of the plan; they repeat."""
    return ROUTE_COLOURS[index % len(ROUTE_COLOURS)]
