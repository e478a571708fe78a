"""From a plan to files for people. No QGIS, no layers, no routing: standard library only.

`plan_report.plan_report` makes the report; the other modules are its parts.
"""
