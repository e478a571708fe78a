"""Writes the roads of an .osm.pbf as the arrays the engine reads. Runs in a Python that has GDAL.

    /usr/bin/python3 roads_of_pbf.py porto.osm.pbf roads.npz categories.json

Apart from the plugin's own reader, so that figures about the engine do not depend on it.
"""

from __future__ import annotations

import json
import re
import sys

import numpy as np
from osgeo import gdal

FIELDS = (
    "highway",
    "oneway",
    "maxspeed",
    "access",
    "motor_vehicle",
    "motorcar",
    "hgv",
    "bicycle",
    "foot",
    "junction",
    "service",
    "toll",
    "maxheight",
    "maxweight",
    "maxlength",
    "bridge",
    "tunnel",
    "surface",
    "route",
)
TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')


def main(streets: str, archive: str, categories: str) -> None:
    """Read all lines that have a class of road or a route."""
    gdal.UseExceptions()
    source = gdal.OpenEx(streets)
    points, first, texts = [], [0], {name: [] for name in FIELDS}
    for feature in source.GetLayer("lines"):
        tags = dict(TAG.findall(feature.GetField("other_tags") or ""), highway=feature.GetField("highway"))
        if tags["highway"] or tags.get("route"):
            points += [point[:2] for point in feature.GetGeometryRef().GetPoints()]
            first.append(len(points))
            for name in FIELDS:
                texts[name].append(tags.get(name))
    known = {name: sorted(set(column) - {None}) for name, column in texts.items()}
    codes = {
        name: np.array([-1 if text is None else known[name].index(text) for text in column], np.int32)
        for name, column in texts.items()
    }
    lon, lat = np.array(points, dtype=float).T
    np.savez(archive, lon=lon, lat=lat, first=np.array(first), **codes)
    with open(categories, "w", encoding="utf-8") as file:
        json.dump(known, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
