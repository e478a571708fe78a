"""Which vehicle loads when, so that no depot has more of them loading at once than it has docks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.schedule import Timetables


def berthed(instance: Instance, tables: Timetables) -> Timetables:
    """Return the timetables with loadings moved so that no depot has more at once than docks, if that can be.

    A table is timed anew by `table.berthed(Berths(...))`; `table.loadings` tells begin and end of each of its
    loadings, all at `table.start_depot`, also of those that take no time.
    """
    return tables
