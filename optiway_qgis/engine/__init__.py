"""The engine: a job in, progress and a plan out, in a process of its own. Never imports qgis.

`start.py` is what QGIS starts; `python -m optiway_qgis.engine JOB.json` does the same on a server.
"""
